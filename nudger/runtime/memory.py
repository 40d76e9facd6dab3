"""What a long-running process does about its memory once everything is loaded."""

import gc


def settle() -> None:
    """Let the garbage collector pass over all that is there by now: pools, layouts and code stay until the end.

    Without this it walks through hundreds of thousands of such objects again and again, whenever a batch of messages
    makes it look. (Measured: an eighth of the time that admitting a message takes.) What was settled before is looked
    at once more: after a reload the old pools go.
    Source: https://docs.python.org/3/library/gc.html#gc.freeze .
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
