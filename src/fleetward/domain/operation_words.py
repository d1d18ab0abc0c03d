"""The words in the names of operations, and what an operation with such a word does."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Effect(IntEnum):
    """What an operation does, mildest first."""

    READS = 0
    WRITES = 1
    DELETES = 2
    PAYS = 3

    @property
    def access(self) -> str:
        """The access that the operation needs."""
        return "read" if self is Effect.READS else "write"


def _word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN_READERS = _word_set(
    "aggregate analyse analyze autocomplete browse calculate can check classify compare compute contains crawl "
    "decode describe detect discover download encode enumerate estimate evaluate exists explain extract fetch "
    "find forecast geocode get glob grep has hash identify inspect introspect is lint listfiles locate look "
    "lookup ls measure mget parse peek ping predict read readdir readfile readonly recommend rerank retrieve "
    "ocr score scrape select show simulate suggest summarise summarize tail tokenize transcribe translate validate "
    "verify webfetch websearch"
)
"""Verbs that only read, and that name no thing."""
STATES = _word_set(
    "availability balance count counts details history info logs metadata overview screenshot stat statistics "
    "stats status tree whoami"
)
"""What such an operation returns: ``order_status``."""
READERS = (
    PLAIN_READERS
    | STATES
    | _word_set(
        "cat diff export filter head list match poll preview query rank scan search sort test view watch"
    )
)
"""Words that only read; some name things, too: ``create_view``, ``list_delete``."""
TAILS = READERS | _word_set(
    "current directions indexes lists lookups queries rates replies report reports research schema searches "
    "slots top tracking views whois"
)
"""Last words of operations that only read."""
TAILS_OF_THINGS = PLAIN_READERS | STATES | _word_set("filter list query search view")
"""Last words after a verb that names a thing: ``email_search``; ``email_report`` sends one."""
TAILS_OF_ACTIONS = PLAIN_READERS | _word_set("history stats status")
"""Last words after an action: ``sync_status``."""
QUALIFIED = _word_set("describe fetch get list show")
"""Readers that a verb may follow as a word of the thing: ``get_send_quota``."""
_WRITES = _word_set(
    "accept ack acknowledge activate add adjust allocate allow alter amend annotate append apply approve archive "
    "assign attach authorize backup ban bind block blocklist book boost build bump bypass call capture cc change "
    "checkin checkout claim clean click clone close comment commit complete configure confirm connect copy create "
    "decline decrement defer delegate demote deny deploy dequeue detach dial disconnect dismiss dispatch dispute "
    "downgrade draft duplicate edit elevate email enable encrypt enqueue enroll escalate exec execute extend file "
    "finalize fix flag fork forward freeze fulfil fulfill grant hide hire ignore impersonate import increment "
    "ingest initialize inject insert install invite invoke issue join label launch leave lend link lock log login "
    "logout mark merge migrate mint modify mount move mutate mute nominate note notify onboard overwrite pack "
    "patch pause pin post prepare prioritize promote propose provision publish push put quarantine raise "
    "reactivate reassign rebook reboot rebuild recreate redeem redirect refresh register reindex reject release "
    "relocate rename renew reopen repair replace reply request requeue reroute resend reserve reset resize "
    "respond restart restore restrict resume retry return revert rewrite rollback rotate save scale schedule send "
    "set share shift ship shutdown sign snooze spawn split stage star start stash stop store submit subscribe "
    "suspend swap switch sync tag throttle toggle touch train trigger type unarchive unassign unban unblock "
    "unfollow unlock unmute unpin unpublish unsubscribe update upgrade upload upsert vote waive write"
)
_DELETES = _word_set(
    "abort annul cancel clear deactivate decommission delete deprovision deregister destroy disable discard drop "
    "empty erase evict expel expire expunge flush forget kick kill nuke overwrite prune purge remove retire "
    "revoke rm rmdir scrap shred sunset terminate trash truncate uninstall unlink unregister void wipe"
)
_PAYS = _word_set(
    "bill buy charge credit debit deposit disburse donate invest invoice order pay payout purchase refund reimburse "
    "remit sell settle spend tip trade transfer wire withdraw"
)
EFFECTS: Mapping[str, Effect] = {
    **dict.fromkeys(READERS, Effect.READS),
    **dict.fromkeys(_WRITES, Effect.WRITES),
    **dict.fromkeys(_DELETES, Effect.DELETES),
    **dict.fromkeys(_PAYS, Effect.PAYS),
}
"""What each known verb does."""
THINGS = _word_set(
    "bill book charge claim comment credit debit deposit draft email file invite invoice issue label leave log "
    "note order payout purchase record refund reply request route schedule store tag tip trade train transfer "
    "trash type vote"
)
"""Verbs that mostly name things: ``order.read``, ``invoice_list``, ``label.get``."""
ACTIONS_AS_THINGS = _word_set(
    "archive backup block blocklist build call capture change commit copy deploy flag fork import launch link "
    "lock login merge pack patch pin post push release reserve return scale share shift ship sign split stage "
    "star stop sync test trigger update upgrade upload"
)
"""Verbs that name things only beside a plain reader or a state: ``sync_status``, not ``archive_list``."""
ITEMS = _word_set("fees ids items limits lines methods names numbers options rates reasons terms types")
"""``order_items`` is not known to order any; of other verbs no plural tells: ``log_entries``."""
PLAIN_THINGS = _word_set("draft email file log record schedule store train type")
"""Last words that name a thing, not what is done: ``audit_log``."""
UPDATES = _word_set("update upgrade upload")
"""Things after a plain reader only: ``get_update`` reads, ``list_update`` and ``update_list`` do not."""
UNCLEAR = _word_set(
    "act compose control do generate goto handle make manage open operate perform process resolve run track use"
)
"""Words that do not tell what is done: such an operation is not known to read."""
PHRASES: Mapping[str, Effect | None] = {
    "post_status": Effect.WRITES,
    "push_status": Effect.WRITES,
    "share_status": Effect.WRITES,
    "directory_tree": Effect.READS,
    "git_log": Effect.READS,
    "pods_log": Effect.READS,
    "dns_resolve": Effect.READS,
    "shipment_track": Effect.READS,
    "parcel_track": Effect.READS,
    "convert_time": Effect.READS,
    "convert_currency": Effect.READS,
    "currency_convert": Effect.READS,
    "current_time": Effect.READS,
    "exchange_rate": Effect.READS,
    "stock_quote": Effect.READS,
    "embed_text": Effect.READS,
    "calendar_free_busy": Effect.READS,
    "sequentialthinking": Effect.READS,
    "sequential_thinking": Effect.READS,
    "browser_snapshot": Effect.READS,
    "browser_console_messages": Effect.READS,
    "browser_network_requests": Effect.READS,
    "execute_read_query": Effect.READS,
    "run_soql_query": Effect.READS,
    "kubectl_explain": Effect.READS,
}
"""Whole names that their words would explain wrongly."""
PREDICATES = _word_set("can has is may should")
"""``can_cancel`` and ``isDeleted`` ask, whatever verb follows."""
RUNNING: Mapping[str, frozenset[str]] = {
    "evaluate": _word_set("browser code javascript js page playwright puppeteer runtime script"),
    "eval": _word_set("browser code javascript js page playwright puppeteer runtime script"),
    "select": _word_set("option options dropdown"),
}
"""Readers that act beside one of these words: ``browser_evaluate`` runs a script."""
OPENABLE = _word_set("document file files folder node nodes page pages url")
"""What is only read when it is opened: ``open_file``; ``open_account`` opens a new one."""
RESOLVABLE = _word_set("address dns host hostname id ids name names path uri url")
"""What is only looked up when it is resolved: ``resolve_dns``; ``resolve_ticket`` closes one."""
TRACKABLE = _word_set("delivery order orders package parcel shipment")
"""What is only followed when it is tracked: ``track_order``; ``track_event`` records one."""
PARTICLES = _word_set("in off out")
"""``check_in`` and ``check_out`` check nothing."""
SUFFIXES = _word_set("all api async fn function tool")
"""Last words without a meaning of their own."""
MONEY = _PAYS | {"payment", "payments", "refunds", "invoices", "funds", "money", "transaction"}
EXECUTING = _word_set(
    "approve capture create exec execute issue make post process release request send submit"
)
"""Verbs that carry a payment out: ``issue_refund``."""
FOR_GOOD = _word_set("cancel delete destroy drop erase purge remove revoke terminate truncate wipe")
"""These last words count whatever stands in front of them: ``list_delete``."""
JOINING = _word_set("and or plus then")
"""The words between two verbs: ``get_and_delete``."""
HTTP_METHODS: Mapping[str, Effect] = {
    "GET": Effect.READS,
    "HEAD": Effect.READS,
    "OPTIONS": Effect.READS,
    "POST": Effect.WRITES,
    "PUT": Effect.WRITES,
    "PATCH": Effect.WRITES,
    "DELETE": Effect.DELETES,
}
"""The effect of a request, such as ``PATCH /orders/{id}/status``."""
