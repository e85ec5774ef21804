"""The official Python clients before the proxy: every call is booked at what the API bills, to the nano-dollar."""
import base64
import io
import os
import shutil
import struct
import subprocess
import time
import unittest
import zlib

import openai

from stack import Stack

# gpt-image-2, in nano-dollars a token.
TEXT, IMAGE_IN, IMAGE_OUT = 5_000, 8_000, 30_000
CALL = dict(model="gpt-image-2", prompt="a fox", quality="low", size="1024x1024")


def bill(usage):
    split = usage.input_tokens_details
    return split.text_tokens * TEXT + split.image_tokens * IMAGE_IN + usage.output_tokens * IMAGE_OUT


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = (b"\0" + b"\x80" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def setUp(self):
        self.sent = 0
        self.before = self.stack.books()

    def client(self, **options):
        def count(_):
            self.sent += 1
        http = openai.DefaultHttpxClient(event_hooks={"request": [count]}, trust_env=False)
        return openai.OpenAI(api_key="sk-own", base_url=f"{self.stack.root}/v1", http_client=http, **options)

    def booked(self, usd_nano, calls=1):
        """Waits until no call is open, and compares the books with a bill."""
        end = time.monotonic() + 20
        while True:
            used, held_open, held = self.stack.books()
            if held_open == 0 or time.monotonic() > end:
                break
            time.sleep(0.05)
        self.assertEqual((used - self.before[0], held_open, held - self.before[2]), (usd_nano, 0, calls))

    def test_generate(self):
        response = self.client().images.generate(**CALL)
        self.assertTrue(base64.b64decode(response.data[0].b64_json[:32]).startswith(b"\x89PNG"))
        self.booked(bill(response.usage))

    def test_generate_several(self):
        response = self.client().images.generate(**CALL, n=3)
        self.assertEqual(len(response.data), 3)
        self.booked(bill(response.usage))

    def test_edit_with_files(self):
        files = [io.BytesIO(png(640, 480)), io.BytesIO(png(300, 300))]
        for number, file in enumerate(files):
            file.name = f"{number}.png"
        response = self.client().images.edit(image=files, **CALL)
        self.assertGreater(response.usage.input_tokens_details.image_tokens, 0)
        self.booked(bill(response.usage))

    def test_stream_with_partial_images(self):
        client = self.client()
        try:
            events = list(client.images.generate(**CALL, stream=True, partial_images=2))
        except TypeError:
            self.skipTest("this version streams no images")
        self.assertEqual([event.type.rsplit(".")[1] for event in events],
                         ["partial_image", "partial_image", "completed"])
        self.booked(bill(events[-1].usage))

    def test_a_client_that_goes_away_in_a_stream_pays_all_of_it(self):
        client = self.client()
        try:
            whole = list(client.images.generate(**CALL, stream=True))
            stream = client.images.generate(**CALL, stream=True, extra_headers={"x-fake": "slow"})
        except TypeError:
            self.skipTest("this version streams no images")
        stream.close()
        self.booked(2 * bill(whole[-1].usage), calls=2)

    def test_a_client_that_waits_no_longer_pays_all_of_it(self):
        usage = self.client().images.generate(**CALL).usage
        # Its pieces come 30 ms apart.
        impatient = self.client(timeout=openai.Timeout(10, read=0.02), max_retries=0)
        with self.assertRaises(openai.APITimeoutError):
            impatient.images.generate(**CALL, extra_headers={"x-fake": "slow"})
        self.booked(2 * bill(usage), calls=2)

    def responses_call(self, **more):
        tool = {"type": "image_generation", "model": "gpt-image-2", "quality": "low", "size": "1024x1024"}
        try:
            return self.client().responses.create(model="gpt-5.1", input="draw a fox", tools=[tool], **more)
        except AttributeError:
            self.skipTest("this version has no Responses API")

    def calling(self, response):
        """What the model that calls the tool costs: gpt-5.1, $1.25 and $10 a million tokens."""
        image = response.model_dump()["tool_usage"]["image_gen"]
        split, text = image["input_tokens_details"], response.usage
        return (split["text_tokens"] * TEXT + split["image_tokens"] * IMAGE_IN + image["output_tokens"] * IMAGE_OUT
                + text.input_tokens * 1_250 + text.output_tokens * 10_000)

    def test_responses(self):
        response = self.responses_call()
        self.assertEqual([item.type for item in response.output], ["image_generation_call"])
        self.booked(self.calling(response))

    def test_responses_streamed(self):
        events = list(self.responses_call(stream=True))
        self.assertEqual(events[-1].type, "response.completed")
        self.booked(self.calling(events[-1].response))

    def test_errors_of_the_api_reach_the_client_as_they_are(self):
        for fake, error, presumed in [
            ("400", openai.BadRequestError, 0),
            ("401", openai.AuthenticationError, 0),
            ("429", openai.RateLimitError, 0),
        ]:
            self.setUp()
            with self.assertRaises(error):
                self.client(max_retries=0).images.generate(**CALL, extra_headers={"x-fake": fake})
            self.booked(presumed)

    def test_every_try_has_a_hold_of_its_own(self):
        with self.assertRaises(openai.RateLimitError):
            self.client(max_retries=2).images.generate(**CALL, extra_headers={"x-fake": "429"})
        self.assertEqual(self.sent, 3)
        self.booked(0, calls=3)

    def test_a_refusal_is_raised_at_once_and_not_sent_again(self):
        poor = Stack(usd="0.001")
        try:
            client = openai.OpenAI(api_key="sk-own", base_url=f"{poor.root}/v1", http_client=self.client()._client)
            with self.assertRaises(openai.APIStatusError) as raised:
                client.images.generate(**CALL)
            self.assertEqual((raised.exception.status_code, self.sent), (402, 1))
            self.assertEqual(raised.exception.body["code"], "over-budget")
            self.assertEqual(raised.exception.body["type"], "insufficient_budget")
            self.assertIn("left of $0.001", raised.exception.body["message"])
            self.assertEqual(poor.books(), (0, 0, 0))
        finally:
            poor.close()

    def test_texts_pass_unmetered(self):
        response = self.client().chat.completions.create(model="gpt-5.1", messages=[{"role": "user", "content": "hi"}])
        self.assertEqual(response.choices[0].message.content, "It is a fake.")
        self.booked(0, calls=0)

    def gemini(self):
        try:
            from google import genai
        except ImportError:
            self.skipTest("google-genai is not installed")
        options = {"base_url": f"{self.stack.root}/gemini"}
        # Collected, it would close its connections.
        self.client_of_gemini = genai.Client(api_key="own", http_options=options)
        return self.client_of_gemini.models

    def gemini_bill(self, usage):
        """gemini-2.5-flash-image: $0.30 a million tokens of input, $2.50 of text, $30 of images."""
        image = sum(part.token_count for part in usage.candidates_tokens_details if part.modality == "IMAGE")
        return usage.prompt_token_count * 300 + (usage.candidates_token_count - image) * 2_500 + image * 30_000

    def test_gemini(self):
        response = self.gemini().generate_content(model="gemini-2.5-flash-image", contents="a fox")
        self.assertTrue(response.candidates[0].content.parts[0].inline_data.data.startswith(b"\x89PNG"))
        self.booked(self.gemini_bill(response.usage_metadata))

    def test_gemini_streamed(self):
        stream = self.gemini().generate_content_stream(model="gemini-2.5-flash-image", contents="a fox")
        chunks = list(stream)
        self.booked(self.gemini_bill(chunks[-1].usage_metadata))

    def test_curl(self):
        if not shutil.which("curl"):
            self.skipTest("there is no curl")
        url = f"{self.stack.root}/v1/images/generations"
        body = '{"model":"gpt-image-2","prompt":"a fox","quality":"low","size":"1024x1024"}'
        head = subprocess.run(["curl", "-sS", "--noproxy", "*", "-D-", "-o", os.devnull, "--json", body, url],
                              stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertIn("x-imgcost-settled: 0.00592", head)
        self.booked(5_920_000)


if __name__ == "__main__":
    unittest.main()
