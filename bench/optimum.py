"""What could a cache have saved at most, had it known the future? For eviction.py; nothing to run here.

Questions are numbers, each answering only for itself. A request saves its cost where its answer is there; keeping an
answer takes its size of the capacity. No policy can do better than either function says.
"""


def bound(asked: list[int], sizes: list[int], costs: list[float], capacity: int) -> float:
    """More than the most: stays between two requests for the same question, bought in bytes * time, dearest first."""
    last: dict[int, int] = {}
    stays = []
    for now, number in enumerate(asked):
        if number in last:
            area = sizes[number] * (now - last[number])
            stays.append((costs[number] / area, costs[number], area))
        last[number] = now
    left, saved = float(capacity * len(asked)), 0.0
    for _, cost, area in sorted(stays, reverse=True):
        if area > left:
            return saved + cost * left / area
        saved, left = saved + cost, left - area
    return saved


def exact(asked: list[int], sizes: list[int], costs: list[float], capacity: int) -> float:
    """The most itself, following every set of answers that could be kept; takes time exponential in the questions."""
    best: dict[frozenset[int], float] = {frozenset(): 0.0}
    fitting: dict[frozenset[int], list[frozenset[int]]] = {}
    for number in asked:
        following: dict[frozenset[int], float] = {}
        for kept, saved in best.items():
            if number in kept:
                following[kept] = max(following.get(kept, 0.0), saved + costs[number])
                continue
            wanted = kept | {number}
            if wanted not in fitting:
                fitting[wanted] = largest_that_fit(wanted, sizes, capacity)
            for choice in fitting[wanted]:
                following[choice] = max(following.get(choice, 0.0), saved)
        best = following
    return max(best.values())


def largest_that_fit(wanted: frozenset[int], sizes: list[int], capacity: int) -> list[frozenset[int]]:
    """The subsets that fit and to which nothing of `wanted` could be added."""
    found, looked_at, waiting = [], {wanted}, [wanted]
    while waiting:
        kept = waiting.pop()
        room = capacity - sum(sizes[one] for one in kept)
        if room < 0:
            smaller = {kept - {one} for one in kept} - looked_at
            looked_at |= smaller
            waiting += smaller
        elif all(sizes[one] > room for one in wanted - kept):
            found.append(kept)
    return found
