"""A fake API with the proxy before it, over a ledger in a file."""
import decimal
import json
import os
import pathlib
import subprocess
import tempfile
import threading

PROGRAMS = pathlib.Path(os.environ["IMGCOST_PROGRAMS"])


class Stack:
    """Two programs and a ledger. `gemini` is a second proxy whose dry run answers as Gemini does."""

    def __init__(self, usd="1000"):
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = os.path.join(self.folder.name, "budget.db")
        self.command("budget", "set", "team", usd)
        self.programs = []
        self.fake = self.start("imgcost-fake", stdout=True).split("base URL: ")[1].strip()
        self.dry = self.proxy("--dry-run", "--ledger", "memory", "--cap", "1000000", "-p", "gemini",
                              "--upstream", "https://generativelanguage.googleapis.com")
        config = os.path.join(self.folder.name, "proxy.toml")
        with open(config, "w") as file:
            file.write(f"""
                listen = "127.0.0.1:0"
                ledger = "{self.ledger}"
                budget = "team/alice"
                [[upstream]]
                url = "{self.fake}"
                provider = "openai"
                [[upstream]]
                path = "/gemini"
                url = "{self.dry}"
                provider = "gemini"
            """)
        self.root = self.proxy("--config", config)

    def proxy(self, *options):
        line = self.start("imgcost-proxy", "proxy", "--listen", "127.0.0.1:0", *options)
        return line[line.index("http://"):].strip()

    def start(self, program, *arguments, stdout=False):
        """Starts a program that says where it listens, and returns that line."""
        pipe = {"stdout" if stdout else "stderr": subprocess.PIPE}
        process = subprocess.Popen([PROGRAMS / program, *arguments], text=True, **pipe)
        self.programs.append(process)
        stream = process.stdout if stdout else process.stderr
        for line in stream:
            if "http://" in line:
                # Nobody reads the rest; it must not fill the pipe.
                threading.Thread(target=stream.read, daemon=True).start()
                return line
        raise RuntimeError(f"{program} did not start")

    def command(self, *arguments):
        done = subprocess.run([PROGRAMS / "imgcost", *arguments, "--ledger", self.ledger, "--json"],
                              stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)

    def books(self):
        """What counts against the budget in nano-dollars, how many calls are open, and how many were held."""
        budget = self.command("budget", "show", "team")["budgets"][0]
        log = self.command("budget", "log", "--last", "1000")
        held = sum(entry["event"] == "held" for entry in log["entries"])
        return nano(budget["used"]), budget["open"], held

    def close(self):
        for process in self.programs:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
        self.folder.cleanup()


def nano(usd):
    """An amount in USD as whole nano-dollars."""
    whole = decimal.Decimal(usd) * 10**9
    assert whole == int(whole), usd
    return int(whole)
