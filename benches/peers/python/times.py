"""Times of imports and warm calls, the peers taking turns: the best of some rounds each."""

import os
import pathlib
import statistics
import subprocess
import sys

ROUNDS = 7
IMPORTS = 9

# What each does for one call of gpt-image-1 or 2, high, 1536x1024, or a response of it.
CALLS = [
    ("imgcost.quote", "imgcost", "import imgcost",
     'imgcost.quote(model="gpt-image-2", quality="high", size="1536x1024", n=4)'),
    ("imgcost.quote, with a prompt of six words", "imgcost", "import imgcost",
     'imgcost.quote(model="gpt-image-2", quality="high", size="1536x1024", n=4, prompt="a red apple on a table")'),
    ("imgcost.quote, and its ceiling as a Decimal", "imgcost", "import imgcost",
     'imgcost.quote(model="gpt-image-2", quality="high", size="1536x1024", n=4).ceiling'),
    ("imgcost.charge of a dict", "imgcost",
     'import imgcost; response = {"usage": {"input_tokens": 9, "output_tokens": 5488, "input_tokens_details": '
     '{"text_tokens": 9, "image_tokens": 0}}}',
     'imgcost.charge(response, "gpt-image-2")'),
    ("LiteLLM, default_image_cost_calculator", "litellm==",
     "from litellm.cost_calculator import default_image_cost_calculator as calculate",
     'calculate(model="gpt-image-1", quality="high", size="1536-x-1024", n=4)'),
    ("genai-prices, calc_price of a usage", "genai-prices==",
     "from genai_prices import Usage, calc_price; usage = Usage(input_tokens=9, output_tokens=6208)",
     'calc_price(usage, "gpt-image-1", provider_id="openai")'),
]
MODULES = [("imgcost", "imgcost"), ("litellm==", "litellm"), ("genai-prices==", "genai_prices")]

WARM = """
import timeit
{setup}
timer = timeit.Timer({call!r}, globals=globals())
timer.timeit(200)
number = max(200, int(0.05 / (timer.timeit(200) / 200)))
print(min(timer.repeat(3, number)) / number)
"""
IMPORT = "import time; begin = time.perf_counter(); import {module}; print(time.perf_counter() - begin)"


def main():
    folder, *peers = sys.argv[1:]
    places = {name: pathlib.Path(folder) / f"python-{name}" for name in ["imgcost", *peers]}

    def place(prefix):
        return next(path for name, path in places.items() if name.startswith(prefix))

    def measured(prefix, code):
        environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        done = subprocess.run([place(prefix) / "bin/python", "-I", "-c", code], check=True, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return float(done.stdout)

    imports = {name: [] for _, name in MODULES}
    for _ in range(IMPORTS):
        for prefix, module in MODULES:
            imports[module].append(measured(prefix, IMPORT.format(module=module)))
    for module, times in imports.items():
        print(f"import {module}: {min(times) * 1e3:.1f} ms, median {statistics.median(times) * 1e3:.1f} ms")
    warm = {name: [] for name, *_ in CALLS}
    for _ in range(ROUNDS):
        for name, prefix, setup, call in CALLS:
            warm[name].append(measured(prefix, WARM.format(setup=setup, call=call)))
    for name, times in warm.items():
        print(f"{name}: {min(times) * 1e6:.2f} us, median {statistics.median(times) * 1e6:.2f} us")


main()
