"""The workload against `BudgetManager` of the PyPI package litellm, by its documented methods.

It keeps its data in `user_cost.json` in the current folder. Three ways to use it:

  documented   load once, check, call, `update_cost`, which saves in a thread of its own
  reload       the same, with `load_data` before each check and a wait for each save
  projected    `reload`, with the check on `projected_cost`, which counts the call to come
"""

import contextlib
import importlib.metadata
import json
import os
import sys
import threading
import time
from pathlib import Path

# The prices that come with the package will do: nothing is fetched.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ.setdefault("LITELLM_LOG", "ERROR")

import litellm
from litellm import BudgetManager, ModelResponse, Usage

import workload

USER = "demo"
DATA = "user_cost.json"
MODEL = "one-token"
MESSAGES = [{"role": "user", "content": "hi"}]  # one token
READS = 100  # a file that cannot be read is read again so often, a millisecond apart

litellm.suppress_debug_info = True
REPLY = ModelResponse(
    model=MODEL, usage=Usage(prompt_tokens=1, completion_tokens=0, total_tokens=1)
)


def register():
    """A model whose every token costs what a call is to cost, for calls of one token."""
    litellm.register_model(
        {
            MODEL: {
                "litellm_provider": "openai",
                "mode": "chat",
                "input_cost_per_token": workload.COST / 100,
                "output_cost_per_token": 0.0,
            }
        }
    )


@contextlib.contextmanager
def inside(folder):
    """The file's name is fixed, so the folder is chosen by being in it."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def wait_for_saves():
    """`update_cost` saves in a thread and gives no handle to it."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()


class Session:
    def __init__(self, folder, variant):
        os.chdir(folder)
        self.reload = variant != "documented"
        self.projected = variant == "projected"
        self.manager = BudgetManager(project_name="peers")

    def call(self, pay, note):
        if self.reload and not self.read(note):
            return workload.FAILED
        if self.cost() > self.manager.get_total_budget(USER):
            return workload.REFUSED
        pay()
        self.manager.update_cost(user=USER, completion_obj=REPLY)
        if self.reload:
            wait_for_saves()
        return workload.DONE

    def cost(self):
        if self.projected:
            return self.manager.projected_cost(model=MODEL, messages=MESSAGES, user=USER)
        return self.manager.get_current_cost(USER)

    def read(self, note):
        for _ in range(READS):
            try:
                self.manager.load_data()
                return True
            except json.JSONDecodeError:
                note(workload.REREAD)
                time.sleep(0.001)
        return False

    def close(self):
        wait_for_saves()


class LiteLlm:
    name = "litellm BudgetManager"
    version = importlib.metadata.version("litellm")
    variants = ["documented", "reload", "projected"]
    kill_variants = ["documented", "reload"]
    promises = False

    def create(self, folder):
        with inside(folder):
            manager = BudgetManager(project_name="peers")
            manager.create_budget(total_budget=workload.CAP / 100, user=USER)
            manager.save_data()

    def open(self, folder, variant):
        return Session(folder, variant)

    def recorded(self, folder):
        try:
            data = json.loads((folder / DATA).read_text())
        except ValueError:
            return None
        return round(data[USER].get("current_cost", 0) * 100)


def main():
    options = workload.parsed()
    register()
    # The premise of every figure. It also loads the tokenizer, so that no process does in its loop.
    cost = litellm.completion_cost(completion_response=REPLY)
    words = "".join(message["content"] for message in MESSAGES)
    tokens = litellm.token_counter(model=MODEL, text=words)
    if (cost, tokens) != (workload.COST / 100, 1):
        sys.exit(f"a call costs {cost} and its prompt has {tokens} tokens")
    return workload.main(LiteLlm(), options)


if __name__ == "__main__":
    sys.exit(main())
