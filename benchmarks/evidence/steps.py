"""Kill -9 at every named step of a message's life."""

import time
from collections import Counter

from benchmarks.evidence.harness import STEPS
from benchmarks.evidence.scene import Report, scene

#: Texts that become due for each life, and plans that are to be made again where planning is what dies.
WAVE, PLANS = 20, 20
#: Seconds in which a step must be reached.
SOON = 30.0
#: A step around a send is come to once for each text: which of them.
LATEST_HIT = 15


def steps(kills: int, count: int, seed: int) -> Report:
    """Die at each step in turn, `kills` times in all."""
    began, reached, missed = time.monotonic(), Counter[str](), Counter[str]()
    with scene(count, seed, "--moody", "0.06") as house:
        for number in range(kills):
            step = STEPS[number % len(STEPS)]
            if step.startswith("plan"):
                house.forget_some_plans(PLANS)
            house.release(WAVE)
            hit = house.chance.randint(1, LATEST_HIT) if step.startswith("send,") else 1
            variables = {"EVIDENCE_STEP": step, "EVIDENCE_HIT": str(hit)}
            daemon = house.start("run", "--no-web", module="benchmarks.evidence.harness", **variables)
            died = daemon.died_within(SOON)
            (reached if died else missed)[step] += 1
            daemon.kill()
            if step.startswith("plan"):
                house.look_for_plans()
            print(f"{number + 1:,} of {kills:,}: {step}{'' if died else ' was not reached'}", flush=True)
        daemon = house.daemon()
        house.finish()
        assert daemon.end() == 0, "SIGTERM did not end the daemon with 0"
        figures = {
            "deaths at named steps": f"{reached.total():,} at {len(reached)} of {len(STEPS)} steps",
            "steps that were not reached in time": ", ".join(f"{step} {count}" for step, count in missed.items())
            or "none",
            "set aside after three deaths, and retried": f"{house.given_up:,}",
        }
        verdict = house.verdict()
    command = f"--scenario steps --kills {kills} --messages {count} --seed {seed}"
    return Report("Kill -9 at every named step", command, time.monotonic() - began, verdict, figures)
