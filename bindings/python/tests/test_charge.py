"""Charges from whatever form Python code has a response in."""

import json
from decimal import Decimal

import imgcost
import openai.types
import openai.types.responses
import pytest
from conftest import command
from google.genai import types as genai

DAY = "2026-11-21"
BODY = {
    "created": 1795219200,
    "data": [{"b64_json": "aGVsbG8="}, {"b64_json": "aGVsbG8="}],
    "quality": "high",
    "size": "1536x1024",
    "usage": {
        "input_tokens": 30,
        "input_tokens_details": {"image_tokens": 0, "text_tokens": 30},
        "output_tokens": 10976,
        "total_tokens": 11006,
    },
}
USD = Decimal("0.32943")


def test_the_same_response_in_every_form():
    text = json.dumps(BODY)
    forms = [BODY, text, text.encode(), bytearray(text.encode()), openai.types.ImagesResponse.model_validate(BODY)]
    for form in forms:
        charge = imgcost.charge(form, model="gpt-image-2")
        assert charge.total.floor == charge.expected == charge.ceiling == USD, form
        assert charge.is_complete and charge.settles and str(charge.as_of) == DAY
        assert [(line.item, line.quantity, str(line.amount)) for line in charge.lines] == [
            ("text_input", 30, "0.00015"), ("image_output", 10976, "0.32928")]


def test_an_event_stream_and_its_events():
    events = [
        {"type": "image_generation.partial_image", "partial_image_index": 0, "b64_json": "aGVsbG8="},
        {"type": "image_generation.completed", "b64_json": "aGVsbG8=", "usage": BODY["usage"]},
    ]
    body = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    asked = dict(model="gpt-image-2", as_of=DAY)
    assert imgcost.charge(body, **asked).ceiling == imgcost.charge(events, **asked).ceiling == USD
    completed = openai.types.ImageGenCompletedEvent.model_construct(**events[1])
    assert imgcost.charge([completed], **asked).ceiling == USD


def test_the_document_is_the_commands(tmp_path):
    file = tmp_path / "response.json"
    file.write_text(json.dumps(BODY))
    theirs = command("usage", str(file), "-m", "gpt-image-2", check=False)
    ours = imgcost.charge(file.read_bytes(), model="gpt-image-2").to_dict()
    del theirs["response"]
    assert ours == theirs
    described = dict(model="gpt-image-2", quality="high", size="1536x1024", n=2, prompt_tokens=9)
    theirs = command("usage", str(file), "gpt-image-2", "high", "1536x1024", "x2", "--prompt-tokens", "9", check=False)
    assert imgcost.charge(BODY, **described).to_dict()["total"] == theirs["total"]


def test_a_quote_charges_at_its_own_terms():
    quote = imgcost.quote("gpt-image-2", quality="high", size="1536x1024", n=2, prompt_tokens=9, as_of=DAY)
    assert quote.charge(BODY).ceiling == USD
    other = quote.charge({**BODY, "model": "gpt-image-2.5-flare"})
    assert other.ceiling != USD or other.model == "gpt-image-2"


def test_a_responses_api_object():
    body = {
        "id": "resp_1", "object": "response", "created_at": 1795219200, "model": "gpt-5.1", "status": "completed",
        "output": [{"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "aGVsbG8="}],
        "tools": [{"type": "image_generation", "model": "gpt-image-2"}],
        "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 50,
                  "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 150},
        "tool_usage": {"image_gen": {"input_tokens": 20, "input_tokens_details": {"image_tokens": 0, "text_tokens": 20},
                                     "output_tokens": 1756, "total_tokens": 1776}},
    }
    of_dict = imgcost.charge(body, model="gpt-image-2")
    of_object = imgcost.charge(openai.types.responses.Response.construct(**body), model="gpt-image-2")
    assert of_dict.ceiling == of_object.ceiling and of_dict.is_complete
    assert of_dict.lines[-1].item == "responses_model"


def test_a_gemini_object():
    body = {
        "candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "aGVsbG8="}}]},
                        "finishReason": "STOP"}],
        "modelVersion": "gemini-3-pro-image-preview",
        "usageMetadata": {
            "promptTokenCount": 12, "candidatesTokenCount": 1120, "totalTokenCount": 1132,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}],
            "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1120}],
        },
    }
    of_dict = imgcost.charge(body, as_of=DAY)
    of_object = imgcost.charge(genai.GenerateContentResponse.model_validate(body), as_of=DAY)
    assert of_dict.model == "gemini-3-pro-image-preview" and of_dict.provider == "google-gemini-api"
    assert of_dict.ceiling == of_object.ceiling > 0 and of_object.settles


def test_an_imagen_object():
    images = [genai.GeneratedImage(image=genai.Image(image_bytes=b"png", mime_type="image/png"))] * 2
    response = genai.GenerateImagesResponse(generated_images=images)
    plain = {"predictions": [{"bytesBase64Encoded": "aGVsbG8=", "mimeType": "image/png"}] * 2}
    asked = dict(model="imagen-4.0-generate-001", n=2, as_of="2026-09-01")
    assert imgcost.charge(response, **asked).ceiling == imgcost.charge(plain, **asked).ceiling > 0


def test_what_can_not_be_charged():
    with pytest.raises(imgcost.BadResponse, match="the response is an error: no"):
        imgcost.charge({"error": {"message": "no"}}, model="gpt-image-2")
    with pytest.raises(imgcost.BadResponse):
        imgcost.charge(b"\xff\xfe", model="gpt-image-2")
    with pytest.raises(imgcost.UnknownName) as caught:
        imgcost.charge(BODY)
    assert caught.value.code == "no-model"
    deep = []
    for _ in range(1000):
        deep = [deep]
    with pytest.raises(TypeError, match="nested too deep"):
        imgcost.charge(deep, model="gpt-image-2")
    itself = {}
    itself["itself"] = itself
    with pytest.raises(TypeError, match="nested too deep"):
        imgcost.charge(itself, model="gpt-image-2")


def test_text_is_written_as_json():
    strange = {**BODY, "data": [{"revised_prompt": 'a "fox"\n\\ \x00 \u2028 é 🦊', "b64_json": "aGVsbG8="}] * 2}
    assert imgcost.charge(strange, model="gpt-image-2").ceiling == USD
