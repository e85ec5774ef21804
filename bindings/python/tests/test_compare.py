"""Comparisons: the same cells as the command's."""

import imgcost
import pytest
from conftest import command

DAY = "2026-11-21"
CASES = [
    (dict(model=["gpt-image-2", "gpt-image-2.5-flare"], quality="all", size=["1024x1024", "1536x1024"], prompt_tokens=40),
     ["gpt-image-2", "gpt-image-2.5-flare", "-q", "all", "-s", "1024x1024,1536x1024", "--prompt-tokens", "40"]),
    (dict(), []),
    (dict(model="gpt-image-*", n=[1, 4], tier=["standard", "batch"]),
     ["-m", "gpt-image-*", "-n", "1,4", "--tier", "standard,batch"]),
    (dict(model="dall-e-3", size="1024x1024,1000x1000"), ["dall-e-3", "-s", "1024x1024,1000x1000"]),
]


@pytest.mark.parametrize("call, words", CASES, ids=[" ".join(words) or "nothing" for _, words in CASES])
def test_cells_are_the_commands(call, words):
    theirs = command("compare", *words, "--as-of", DAY, check=False)["cells"]
    ours = [cell.to_dict() for cell in imgcost.compare(**call, as_of=DAY)]
    for cell in theirs:
        cell.pop("tokens", None)
    assert len(ours) > 1 and ours == theirs


def test_cells_are_sorted_and_say_which_is_the_cheapest():
    cells = imgcost.compare(["gpt-image-2", "gpt-image-2.5-flare"], quality="high", size="1024x1024", sort="-per_image", as_of=DAY)
    assert [cell.model for cell in cells] == ["gpt-image-2", "gpt-image-2.5-flare"]
    assert [cell.is_cheapest for cell in cells] == [False, True]
    assert cells[0].state == "priced" and cells[0].error is None and "an image" in repr(cells[0])


def test_what_can_not_be_compared():
    with pytest.raises(imgcost.UnknownName) as caught:
        imgcost.compare(["gpt-imgae-2"])
    assert caught.value.nearest == "gpt-image-2"
    with pytest.raises(imgcost.BadRequest):
        imgcost.compare("gpt-image-2", sort="beauty")
    with pytest.raises(TypeError, match="nearest: quality"):
        imgcost.compare("gpt-image-2", qualty="high")
