"""The program: reads the options, serves the protocol, and always stops the server at the end."""

import argparse
import signal
import sys

from .driver import Driver
from .protocol import serve


def main():
    parser = argparse.ArgumentParser(prog="drivers/matrix/driver", description="The driver of Synapse.")
    about = "with the TI-Messenger permission module"
    parser.add_argument("--invite-checker", action="store_true", help=about)
    driver = Driver(parser.parse_args().invite_checker)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        serve(driver.methods(), sys.stdin.buffer, sys.stdout.buffer)
    except BrokenPipeError:
        sys.exit("drivers/matrix/driver: nobody reads the answers any more")
    finally:
        ignore_signals()
        driver.stop()


def end(number, _frame):
    sys.exit(128 + number)


def ignore_signals():
    """Ignores further signals while the server is stopped."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


if __name__ == "__main__":
    main()
