"""Promises of crowkis/guard/reports.py."""

from crowkis.guard import reports
from crowkis.values.question import Candidate, Features, Policy, Question, Scope

NOTHING = Features((), (), 0)
SCOPE = Scope("", "", "", "")
ASKED = Question("a", SCOPE, "s", frozenset(), NOTHING, 0)
FOUND = Candidate(b"id", "a", SCOPE, "s", frozenset(), NOTHING, 0, 0, 0.95, False, confidence=0.95)
POLICY = Policy(0.9, flagged_min=0.95)


def test_an_answer_flagged_for_practically_this_question_is_refused():
    assert reports.unflagged(ASKED, FOUND._replace(flagged=0.96), POLICY).id == "feedback.flagged"
    assert reports.unflagged(ASKED, FOUND._replace(flagged=0.94), POLICY) is None
    assert reports.unflagged(ASKED, FOUND, POLICY) is None


def test_an_entry_with_complaints_must_match_better_than_others():
    assert reports.unsuspected(ASKED, FOUND, POLICY) is None
    assert reports.unsuspected(ASKED, FOUND._replace(complaints=1), POLICY) is None
    assert reports.unsuspected(ASKED, FOUND._replace(complaints=2), POLICY).id == "feedback.complaints"


def test_an_exact_repeat_is_not_held_to_complaints():
    assert reports.unsuspected(ASKED, FOUND._replace(complaints=9, exact=True), POLICY) is None


def test_measures_stand_beside_their_limits():
    assert (0.5, 0.95) == reports.flag_measures(ASKED, FOUND._replace(flagged=0.5), POLICY)
    assert reports.complaint_measures(ASKED, FOUND, POLICY)[0] == 0
    assert (0.95, 0.95) == reports.complaint_measures(ASKED, FOUND._replace(complaints=1), POLICY)
