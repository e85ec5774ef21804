"""Holds for calls of any client, and budgets."""

import pickle
from decimal import Decimal

import imgcost
import pytest

CALL = dict(model="gpt-image-2", prompt="a fox", quality="low", size="1024x1024")
USAGE = {"usage": {"input_tokens": 8, "input_tokens_details": {"text_tokens": 8, "image_tokens": 0}, "output_tokens": 196}}
CEILING = imgcost.quote(**CALL).ceiling


def test_a_hold_is_settled_by_its_response(ledger):
    with imgcost.hold(**CALL, budget="team/alice", ledger=ledger.path) as hold:
        assert hold.amount == hold.quote.ceiling == CEILING and hold.left == 1 - CEILING
        assert (hold.scope, hold.booked) == ("team/alice", None)
        assert ledger.books() == (CEILING, 1, [])
        booked = hold.settle(USAGE)
    assert (booked.state, booked.amount, booked.overrun, booked.reason) == ("settled", Decimal("0.00592"), 0, None)
    assert ledger.books() == (Decimal("0.00592"), 0, ["settled"])


def test_a_hold_is_released_or_presumed(ledger):
    with imgcost.hold(**CALL, budget="team", ledger=ledger.path) as hold:
        hold.release("changed our minds")
    assert ledger.books() == (0, 0, ["released"])
    with imgcost.hold(**CALL, budget="team", ledger=ledger.path) as hold:
        pass
    assert hold.booked.state == "presumed" and hold.booked.reason == "the block ended without a response"
    with pytest.raises(KeyError):
        with imgcost.hold(**CALL, budget="team", ledger=ledger.path) as hold:
            raise KeyError("x")
    assert hold.booked.reason == "the block ended by KeyError"
    assert ledger.books() == (2 * CEILING, 0, ["presumed", "presumed", "released"])
    # Usage that comes later still settles it.
    hold.settle(USAGE)
    assert ledger.books()[0] == CEILING + Decimal("0.00592")


def test_a_response_that_does_not_say_what_it_cost_is_presumed(ledger):
    with imgcost.hold(**CALL, budget="team", ledger=ledger.path) as hold:
        assert hold.settle({"data": [{"b64_json": "aGVsbG8="}]}).state == "presumed"
    with pytest.raises(imgcost.BadResponse):
        with imgcost.hold(**CALL, budget="team", ledger=ledger.path) as hold:
            hold.settle({"error": {"message": "no"}})
    assert ledger.books() == (2 * CEILING, 0, ["presumed"] * 2)


def test_what_does_not_fit_is_refused(ledger):
    with pytest.raises(imgcost.Refused) as caught:
        imgcost.hold(**{**CALL, "quality": "high"}, n=10, budget="team/alice", ledger=ledger.path)
    refused = caught.value
    assert refused.left == 1 and refused.ceiling == refused.quote.ceiling and refused.fits[0]["value"] == 4
    other = pickle.loads(pickle.dumps(refused))
    assert (other.left, other.fits, other.code, other.quote) == (1, refused.fits, "over-budget", None)
    with pytest.raises(imgcost.Refused, match="prompt is not known") as caught:
        imgcost.hold("gpt-image-2", quality="low", size="1024x1024", budget="team", ledger=ledger.path)
    assert caught.value.code == "no-prompt"
    assert ledger.books() == (0, 0, [])


def test_budgets(ledger, tmp_path):
    budget = imgcost.Budget("team/alice", ledger.path, cap="0.01", per="day")
    assert budget.left == Decimal("0.01") and [row["scope"] for row in budget.status()] == ["team", "team/alice"]
    with budget.hold(**CALL) as hold:
        hold.settle(USAGE)
    assert budget.left == Decimal("0.01") - Decimal("0.00592")
    with pytest.raises(imgcost.Refused):
        budget.hold(**CALL)
    # A budget that is there stays as it is.
    assert imgcost.Budget("team/alice", ledger.path, cap="5", per="day").left == budget.left
    made = imgcost.Budget("new", tmp_path / "new.db", cap=1)
    assert made.left == 1 and (tmp_path / "new.db").exists()
    once = imgcost.Budget("team", ledger.path, per_call_cap="0.005")
    with pytest.raises(imgcost.Refused) as caught:
        once.hold(**CALL)
    assert caught.value.code == "over-call-cap" and caught.value.left == Decimal("0.005")
    watching = imgcost.Budget("team", ledger.path, observe=True)
    with watching.hold(**{**CALL, "quality": "high"}, n=10) as hold:
        hold.release()
    assert budget.drain() == 0


def test_what_is_no_budget(tmp_path, ledger, monkeypatch):
    with pytest.raises(ValueError, match="no ledger"):
        imgcost.Budget("team")
    with pytest.raises(imgcost.LedgerError, match="imgcost budget set"):
        imgcost.Budget("team", tmp_path / "absent.db")
    (tmp_path / "text.db").write_text("no database, but text that is long enough to be read as one" * 20)
    with pytest.raises(imgcost.LedgerError):
        imgcost.Budget("team", tmp_path / "text.db")
    with pytest.raises(ValueError, match="per goes with cap"):
        imgcost.Budget("team", ledger.path, per="day")
    with pytest.raises(ValueError, match="fortnight"):
        imgcost.Budget("team", ledger.path, cap=1, per="fortnight")
    with pytest.raises(ValueError):
        imgcost.Budget("no/../scope", ledger.path)
    with pytest.raises(imgcost.BadRequest):
        imgcost.Budget("team", ledger.path, cap="ten")
    with pytest.raises(imgcost.UnknownName):
        imgcost.Budget("team", ledger.path, provider="opnai")
    with pytest.raises(TypeError):
        imgcost.hold(**CALL, budget=imgcost.Budget("team", ledger.path), cap=1)
    monkeypatch.setenv("IMGCOST_LEDGER", ledger.path)
    assert imgcost.Budget("team").left == 1
