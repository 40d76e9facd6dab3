"""The planner for tests that count moments: no further than the horizon."""

from functools import partial

from nudger.actions.plan import plan

plan_no_further = partial(plan, reach=1)
