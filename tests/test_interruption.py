"""A request to end is never lost, wherever it comes; each test is a process of its own."""

import subprocess
import sys
import textwrap


def program(text):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_request_that_comes_where_nothing_can_be_raised_is_heeded_by_what_runs_next():
    ended = program(
        """\
        import os, signal, weakref
        from harness import interruption
        interruption.heed()
        class Thing: ...
        thing = Thing()
        seen = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
        del thing
        async def work(): print("worked")
        try:
            interruption.run(work())
        except KeyboardInterrupt:
            print(interruption.received().name)
        """
    )
    assert ended == (0, "SIGTERM\n", "")


def test_a_request_ends_what_an_event_loop_is_at_and_waits_for_it_to_end():
    ended = program(
        """\
        import asyncio, os, signal
        from harness import interruption
        interruption.heed()
        async def work():
            try:
                os.kill(os.getpid(), signal.SIGHUP)
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.01)
                print("ended")
        try:
            interruption.run(work())
        except KeyboardInterrupt:
            print(interruption.received().name)
        """
    )
    assert ended == (0, "ended\nSIGHUP\n", "")


def test_a_second_request_waits_for_nothing():
    code, output, _ = program(
        """\
        import os, signal, time
        from harness import interruption
        interruption.heed()
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(60)
        """
    )
    assert (code, output) == (130, "")
