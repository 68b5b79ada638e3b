"""Code that was written to pass its tests without solving anything, or to do harm."""

from __future__ import annotations

import time

import pytest

TESTS = """
import unittest

class TestCases(unittest.TestCase):
    def test_one(self):
        self.assertEqual(f(1), 2)
"""
RIGHT = '{"ran": {"end": "done", "outputs": ["42"]}, "proof": ""}'
OWN = "def test_one(self): pass"
WRITES = f"""
import os, glob
for fd in range(64):
    try:
        posix.write(fd, b'{RIGHT}\\n{{"output": ""}}\\n{{"ran": ["test_one"], "word": "", "intact": true}}\\n')
    except OSError:
        pass
"""  # noqa: E501 - one statement of the code under test
THREAD = "threading.Thread(target=time.sleep, args=(60,)).start()"
PARENT = f"""
import os, posix, signal
try:
    with open(f'/proc/{{os.getppid()}}/fd/1', 'w') as out:
        out.write('{RIGHT}')
except OSError:
    pass
posix.kill(os.getppid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos._exit(0)",
        "import sys\nsys.exit(0)",
        f"import posix\n{WRITES}",
        f"import posix\n{WRITES}\nposix._exit(0)",
        PARENT,
        'import json\njson.dumps = lambda *_: \'{"output": "42"}\'',
        "import builtins\nbuiltins.print = None\nbuiltins.str = lambda *_: '42'",
        "import sys\nsys.stdout = None",
        "import glob\nfor path in glob.glob('/sandbox/**', recursive=True): print(path)",
        "print(open('/sandbox/runner/harness/main.py').read())",
    ],
)
def test_an_output_that_nobody_knows_cannot_be_forged(printed, code: str) -> None:
    """What a program should print never enters the sandbox: no way to write it leads to it."""
    ran = printed(f"{code}\nimport secrets\nprint(secrets.token_hex())", "secret")
    assert not any("expected" in output for output in ran.outputs)
    assert ran.end in ("done", "error", "crash")
    assert "42" not in ran.outputs or code.startswith(("import json", "import posix"))


def test_nothing_that_the_code_can_reach_holds_what_is_expected(printed) -> None:
    code = (
        "import gc, sys\n"
        "frames, frame = [], sys._getframe()\n"
        "while frame:\n    frames.append(str(frame.f_locals))\n    frame = frame.f_back\n"
        "print('pro' 'of' in ''.join(frames), 'other ' 'input' in ''.join(frames))\n"
        "print([o for o in gc.get_objects() if isinstance(o, dict) and 'pro' 'of' in o] == [])"
    )
    assert printed(code, "first", "other input").outputs[0] == "False False\nTrue\n"


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos._exit(0)",
        "import sys\nsys.exit(0)",
        "def f(n):\n    import os\n    os._exit(0)",
        f"import posix\n{WRITES}",
        f"import posix\n{WRITES}\nposix._exit(0)",
        f"def f(n):\n    exec({f'import posix{WRITES}posix._exit(0)'!r})",
        PARENT,
        f"def f(n):\n    exec({PARENT!r})",
        "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\ndef f(n): return 0",
        "import unittest\nunittest.TestCase.failureException = OSError\ndef f(n): return 0",
        "import unittest\nunittest.TestResult.addFailure = lambda *_: None\ndef f(n): return 0",
        "import unittest.case\nunittest.case._Outcome.testPartExecutor = None\ndef f(n): return 0",
        "import unittest\nunittest.TestCase.run = lambda self, result: result.startTest(self)",
        "import unittest\nunittest.TestCase.assertEqual.__code__ = (lambda *_: None).__code__",
        "import unittest\nunittest.TestLoader.loadTestsFromTestCase = lambda *_: []",
        'import json\njson.dumps = lambda *_: \'{"ran": ["test_one"], "intact": true}\'',
        # The tests as a text below a class of its own.
        f"import unittest\nclass TestCases(unittest.TestCase):\n    {OWN}\nx = '''",
        "import builtins\nbuiltins.isinstance = lambda *_: True\ndef f(n): return 0",
        "import builtins\nbuiltins.AssertionError = ZeroDivisionError\ndef f(n): return 0",
    ],
)
def test_unit_tests_are_not_passed_by_cheating(tested, code: str) -> None:
    assert tested(code, TESTS).end != "done"


def test_tests_that_are_swallowed_by_a_text_are_missed(tested) -> None:
    own = "import unittest\nclass TestCases(unittest.TestCase):\n    def test_x(self): pass\n'''"
    assert tested(own, f"{TESTS}\n# ends a text: '''\n").end == "forged"


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("while True: pass", ("timeout",)),
        ("while True:\n    try:\n        while True: pass\n    except: pass", ("timeout",)),
        ("import signal\nsignal.alarm = None\nwhile True: pass", ("timeout",)),
        ("x = ' ' * (9 << 30)", ("error",)),
        ("import sys\nwhile True: sys.stdout.write('x' * 1000000)", ("error", "limit", "timeout")),
        ("print('x' * (65 << 20))", ("limit",)),
        ("import posix\nwhile True: posix.fork()", ("error", "limit", "timeout")),
        (f"import threading, time\nfor _ in range(1000): {THREAD}", ("error", "limit")),
        ("f = open('/sandbox/x', 'wb')\nwhile True: f.write(bytes(1 << 24))", ("error", "limit")),
    ],
)  # fmt: skip
def test_what_takes_too_much_is_ended(printed, code: str, end: tuple[str, ...]) -> None:
    begun = time.monotonic()
    assert printed(code, test_s=4, wall_s=8).end in end
    assert time.monotonic() - begun < 40


@pytest.mark.parametrize(
    "code",
    [
        "import socket\nsocket.create_connection(('1.1.1.1', 80), timeout=2)",
        "import urllib.request\nurllib.request.urlopen('http://1.1.1.1', timeout=2)",
        "open('/etc/shadow').read()",
        "open('/usr/bin/made', 'w')",
    ],
)
def test_there_is_no_network_and_no_machine_to_write_to(printed, code: str) -> None:
    assert printed(code).end == "error"
