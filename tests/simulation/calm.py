"""What a process that plays thousands of worlds need not do: log, and look for garbage after every few steps."""

import gc
import logging

import structlog

#: What one world leaves behind is little; looking for it a hundred times in each takes a sixth of the time.
GARBAGE_AFTER = 50_000


def calm_down() -> None:
    """Log nothing but what is critical, and collect garbage rarely; for a process that does nothing else."""
    hush()
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


def hush() -> None:
    """Log nothing but what is critical."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
