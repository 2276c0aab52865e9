import tracemalloc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from crowkis.embed.memo import Memo, entry_bytes


def vector(number: float = 1.0):
    made = np.zeros(384, np.float32)
    made[0] = number
    return made


ROOM = entry_bytes("text 0", vector())


class TestMemo:
    def test_what_was_put_is_recalled_and_what_was_not_is_not(self):
        memo = Memo(10 * ROOM)
        memo.put("text 0", vector(7))

        assert 7 == memo.get("text 0")[0]
        assert memo.get("text 1") is None
        assert (1, 1) == (memo.hits, memo.misses)

    def test_the_least_recently_used_text_goes_first(self):
        memo = Memo(2 * ROOM)
        memo.put("text 0", vector())
        memo.put("text 1", vector())
        memo.get("text 0")
        memo.put("text 2", vector())

        assert memo.get("text 1") is None
        assert memo.get("text 0") is not None
        assert memo.get("text 2") is not None

    def test_an_entry_larger_than_the_limit_is_not_remembered_and_costs_nobody_his_place(self):
        memo = Memo(2 * ROOM)
        memo.put("text 0", vector())
        memo.put("x" * 10 * ROOM, vector())

        assert 1 == len(memo)
        assert memo.get("text 0") is not None

    def test_a_limit_of_zero_remembers_nothing(self):
        memo = Memo(0)
        memo.put("", vector())

        assert 0 == len(memo)

    def test_a_text_put_again_takes_its_new_vector_and_no_more_room(self):
        memo = Memo(10 * ROOM)
        memo.put("text 0", vector(1))
        memo.put("text 0", vector(2))

        assert 2 == memo.get("text 0")[0]
        assert ROOM == memo.size_bytes

    def test_a_row_of_a_batch_does_not_keep_the_batch_alive(self):
        memo = Memo(10 * ROOM)
        memo.put("text 0", np.ones((32, 384), np.float32)[3])

        assert memo.get("text 0").base is None

    def test_a_remembered_vector_cannot_be_changed(self):
        memo = Memo(10 * ROOM)
        memo.put("text 0", vector())

        assert not memo.get("text 0").flags.writeable

    def test_clear_forgets_everything(self):
        memo = Memo(10 * ROOM)
        memo.put("text 0", vector())
        memo.clear()

        assert (0, 0) == (len(memo), memo.size_bytes)
        assert memo.get("text 0") is None

    def test_the_bytes_counted_cover_the_bytes_taken(self):
        memo = Memo(1 << 30)
        texts = [f"a question of usual length, number {number}, please" for number in range(4_000)]
        tracemalloc.start()
        for text in texts:
            memo.put(str(text.encode(), "utf-8"), vector())
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()

        assert taken <= memo.size_bytes <= 1.25 * taken

    @given(
        st.integers(0, 8 * ROOM),
        st.lists(st.tuples(st.sampled_from(["put", "get"]), st.text(max_size=4), st.sampled_from([1, 64, 384]))),
    )
    def test_it_behaves_like_a_list_in_order_of_use_and_never_exceeds_its_limit(self, limit, steps):
        memo, twin = Memo(limit), []
        for step, text, length in steps:
            held = next((pair for pair in twin if pair[0] == text), None)
            if step == "get":
                found = memo.get(text)

                assert (held[1] if held else None) is found
                if held:
                    twin.remove(held)
                    twin.append(held)
            else:
                fresh = np.ones(length, np.float32)
                twin = [pair for pair in twin if pair[0] != text]
                if entry_bytes(text, fresh) <= limit:
                    twin.append((text, fresh))
                while sum(entry_bytes(*pair) for pair in twin) > limit:
                    twin.pop(0)
                memo.put(text, fresh)

            assert sum(entry_bytes(*pair) for pair in twin) == memo.size_bytes <= limit
            assert len(twin) == len(memo)
