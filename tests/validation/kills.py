"""Kill commands that write with kill -9: is what was published readable, is anything stray after the next start?

Every command that writes is started in a process group of its own, and the whole group is killed: at any moment of its
time, just after it has begun to write, or before one of its disk operations. Only those kills count that ended the
command. Prints one JSON object; exit 1 where anything was lost.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tests.validation.command_scene import (
    WRITING_COMMANDS,
    CommandCost,
    CommandScene,
    PreparedScene,
    prepare_scene,
)
from tests.validation.disk_operations import kill_at
from tests.validation.forked_commands import ForkedCommand, in_lanes, merge_counts, wait_until_reached, warm_up

__all__ = ["kill_commands"]

PUBLISHING_SECONDS = 0.05
"""Seconds that writing and linking a run take, about."""
MAX_TURNS_PER_KILL = 4
"""Turns after which so many kills cannot be had: commands end before they are killed."""
MOMENTS = ("operation", "publishing", "any")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    result = kill_commands(times=asked.times, lanes=asked.lanes, seed=asked.seed)
    print(json.dumps(result, indent=1))
    return 0 if result["holds"] else 1


def kill_commands(
    *, times: int, lanes: int = 2, seed: int = 1, prepared: PreparedScene | None = None
) -> dict[str, Any]:
    """Kill commands until so many kills have ended one.

    Parameters
    ----------
    times : int
        Kills.
    lanes : int
        Commands at a time, each in a folder of its own.
    seed : int
        Of the choice of commands and moments.
    prepared : PreparedScene, optional
        The scene of which each lane gets a copy; built anew by default.

    Returns
    -------
    dict
        `kills`, `by_command`, `by_moment`, `ended_before` (commands that were done before their kill), `strays_before`
        (temporary files that kills left, until the next start), `faults` and `holds`.
    """
    warm_up()
    with tempfile.TemporaryDirectory() as place:
        scene, costs = prepared or prepare_scene(Path(place))
        scenes = [scene.copy_to(Path(place) / f"lane-{lane}") for lane in range(lanes)]

        def work(lane: int) -> dict[str, Any]:
            count = times // lanes + (lane < times % lanes)
            return _kill_in_scene(scenes[lane], costs, count, random.Random(f"{seed}-{lane}"))

        result = merge_counts(in_lanes(work, lanes))
    return {**result, "holds": not result["faults"] and result["kills"] == times}


def _kill_in_scene(
    scene: CommandScene, costs: Mapping[str, CommandCost], times: int, rng: random.Random
) -> dict[str, Any]:
    """Kill so many commands in one folder, one after the other."""
    names = [name for name, command in WRITING_COMMANDS.items() for _ in range(command.weight)]
    kills = ended_before = strays_before = 0
    by_command, by_moment = dict.fromkeys(WRITING_COMMANDS, 0), dict.fromkeys(MOMENTS, 0)
    faults: dict[str, str] = {}
    """Faults, and after which kill it was seen first."""
    for turn in range(2, 2 + times * MAX_TURNS_PER_KILL):
        if kills == times:
            break
        name, moment = rng.choice(names), MOMENTS[turn % len(MOMENTS)]
        operations, seconds = costs[name]
        WRITING_COMMANDS[name].prepare(scene, turn)
        was_killed = _kill_once(scene, name, turn, moment, rng.randrange(len(operations)), seconds, rng)
        kills += was_killed
        ended_before += not was_killed
        by_command[name] += was_killed
        by_moment[moment] += was_killed
        strays_before += len(scene.strays())
        for fault in (*scene.faults(), *scene.start_again(), *scene.faults()):
            faults.setdefault(fault, f"turn {turn}, {name} killed at {moment}: {fault}")
    return {
        "kills": kills,
        "ended_before": ended_before,
        "by_command": by_command,
        "by_moment": by_moment,
        "strays_before": strays_before,
        "faults": list(faults.values()),
    }


def _kill_once(
    scene: CommandScene, name: str, turn: int, moment: str, number: int, seconds: float, rng: random.Random
) -> bool:
    """Start a command and kill its group; whether the kill ended it."""
    words = WRITING_COMMANDS[name].words(turn)
    if moment == "operation":
        command = scene.command(words, partial(kill_at, (scene.folder,), number)).start()
        return command.wait().code == -9
    command = scene.command(words).start()
    if moment == "publishing":
        _wait_until_writing(scene, command, seconds)
        time.sleep(rng.uniform(0, min(PUBLISHING_SECONDS, seconds)))
    else:
        wait_until_reached(lambda: False, command, rng.uniform(0, seconds))
    return command.kill()


def _wait_until_writing(scene: CommandScene, command: ForkedCommand, seconds: float) -> None:
    """Wait until a run, a folder or a file is written; the probes of a start are none."""
    folders = [scene.reports / ".runs", scene.folder, scene.folder / "new-empty", scene.folder / "post" / "data"]

    def is_writing() -> bool:
        names = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]
        return any(".tmp-" in name and "probe" not in name for name in names)

    wait_until_reached(is_writing, command, 4 * seconds + 10)


if __name__ == "__main__":
    sys.exit(main())
