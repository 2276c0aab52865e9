"""What a command returns when there is more than a reply."""

from collections.abc import Sequence
from typing import NamedTuple

from crowkis.values.errand import CloseClients, StopServer, WriteBackup
from crowkis.values.record import Record
from crowkis.values.reply import Reply


class Outcome(NamedTuple):
    """The reply, the records to make durable before it is sent, and errands nobody waits for.

    A command that changes nothing returns the bare reply; one that must wait returns Waiting.
    """

    reply: Reply
    writes: Sequence[Record] = ()
    errands: Sequence[CloseClients | StopServer | WriteBackup] = ()
