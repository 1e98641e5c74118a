"""Runs Synapse in this process, for as long as standard input stays open.

It is the program that `server` starts, and the only one that imports Synapse. It does two things that
Synapse's own command does not: it ends, and takes its folder along, when the driver is gone, however the
driver ended; and it lets synapse-invite-checker load, which registers a callback that this Synapse does not
know. It configures nothing.
"""

import os
import shutil
import sys
import threading

import synapse.app.homeserver
from synapse.module_api import ModuleApi

UNKNOWN_CALLBACK = "on_upgrade_room"


def end_with_the_driver(folder):
    """Waits until the driver closes the pipe or dies."""
    sys.stdin.buffer.read()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)


def drop_unknown_callback():
    """Only the check of the room version on upgrades is lost by it, and no command upgrades a room."""
    register = ModuleApi.register_third_party_rules_callbacks

    def register_known(self, **callbacks):
        callbacks.pop(UNKNOWN_CALLBACK, None)
        return register(self, **callbacks)

    ModuleApi.register_third_party_rules_callbacks = register_known


def main():
    folder = os.path.abspath(sys.argv.pop(1))
    threading.Thread(target=end_with_the_driver, args=(folder,), daemon=True).start()
    drop_unknown_callback()
    synapse.app.homeserver.main()


if __name__ == "__main__":
    main()
