"""Recognise short texts that are error messages by themselves.

Words such as "error" or "invalid" also occur in ordinary texts. So the form counts: error messages begin or end in few
ways. Texts about a success, an empty result or a plan are not errors.
"""

from __future__ import annotations

import functools
import re
from typing import Final

from wirelint.evidence import texts

_LONGEST: Final = 400
_MOST_LINES: Final = 4
_NOT: Final = r"(?:not|n?['\u2019]t)"
_PARTICIPLE: Final = (
    r"(?:(?:yet|currently|been|be|properly|correctly) )?(?:found|supported|implemented|recogni[sz]ed|configured|allowed|permitted|valid|specified"
    r"|provided|defined|enabled|authori[sz]ed|authenticated|logged in|signed in|registered|initiali[sz]ed|connected|mounted|running|loaded"
    r"|installed|available|accessible|reachable|readable|writable|writeable|empty|absolute|unique|known|understood|accepted|possible|executed"
    r"|set|given|supplied|present|an? (?:valid|known|absolute|number|integer|directory|file|member)|in (?:the )?(?:range|list|format)|match(?:ed|ing)?)"
)
# Beginnings of error messages.
_begins: Final = re.compile(
    r"(?:(?:sorry|oops|uh-?oh|hmm|whoops|ouch)[,!. \u2026-]{1,4})?(?:the |your |this |an? )?(?:"
    r"(?:(?:fatal|internal|unknown|unexpected|server|system|database|network|general|critical|sql|query|syntax|parse|parsing|type|runtime|value|key|connection|http|api|auth|authentication|permission|validation|request|unhandled|uncaught|unspecified|generic) ){0,3}(?:error|failure|exception)\b(?! (?:rate|count|budget|log|handling|page|report|tracking|message|code|correction|type)s?\b)"
    r"|(?:invalid|illegal|malformed|missing|unknown|unrecogni[sz]ed|unsupported|incorrect|wrong|bad|duplicate|insufficient|unexpected|undefined|corrupt(?:ed)?|expired|forbidden|unauthori[sz]ed|unauthenticated) \S"
    r"|(?:unable|failed|fail|failing|refused|refusing) to\b"
    r"|(?:failed|failure|forbidden|unauthori[sz]ed|unauthenticated|denied|rejected|aborted|timed out|timeout|forbidden)(?:[.!:;, -]|$)"
    r"|(?:can|could|may|do|does|did|is|was|were|are|has|have|must|should|will|would) ?(?:not|n?['\u2019]t)\b"
    r"|(?:we|you|it|they|one) (?:can|could|may|do|does|did|are|is|were|have|has|must) ?(?:not|n?['\u2019]t)\b"
    r"|(?:access|permission|request|operation|authorization|authentication|login|log-?in|sign-?in|connection|upload|call|command|query|action) (?:is |was |has been )?(?:denied|forbidden|refused|rejected|failed|required|expired|aborted|timed out|not)\b"
    r"|there (?:was|is|were|has been|have been) (?:an? )?(?:\w+ ){0,2}(?:error|problem|failure|exception|issue)s?\b"
    r"|(?:an?|the) (?:\w+ ){0,3}(?:error|exception) (?:has |have )?(?:occurred|occured|happened|was|while|during|in|on|at)\b"
    r"|something went wrong|nothing to \w+ with|you (?:must|need|are not|have to|may not|may only|do ?n['o\u2019]t)\b|please (?:log ?in|sign ?in|provide|specify|supply|authenticate|enter a valid)\b"
    r"|(?:requires?|required|expected|expecting) (?:\w+ ){0,3}(?:param|field|argument|header|token|value|but|property)\w*"
    r"|(?:max(?:imum)?|limit|quota|rate limit|too many)[ -](?:\S{1,30} ){0,4}(?:exceeded|reached)|too many \w+"
    r")",
)
_NOTHING: Final = (
    r"(?:new|more|other|further|matching|matches|results?|records?|data|items?|entries|rows?|updates?|changes?|errors?|problems?|issues?|warnings?"
    r"|action|need|worries|messages?|notifications?|alerts?|longer|documents?|news|events|description|comments?|content|one|pending|conflicts?|search|hits|upcoming|active|previous|available|default|limit|vulnerabilit\w+)"
)
# "no method name", "no such file", "no filename or metainfo specified"; "no new messages" is not an error.
_no: Final = re.compile(
    rf"(?:there (?:is|are|was|were) )?no (?!{_NOTHING}\b)(?:such\b|(?:[\w'\u2019\"`-]{{1,32}} ){{0,5}}(?:specified|provided|given|found|set|configured|defined|selected|supplied|sent|exists?|available|permission|access|rights?|name|id|token|key|header|route|handler)\b|(?:name|id|url|uri|path|location|method|action|command|file|filename|token|key|session|device|host|handler|route|target|query|parameters?|arguments?|content|payload|input)[.!]?$)"
)
# Further parts and ends of error messages.
_holds: Final = re.compile(
    rf"\b(?:is|are|was|were|has|have|had|does|do|did|could|can|will|would|must|may|be) ?{_NOT} {_PARTICIPLE}\b"
    rf"|^(?:[^\s,.;]{{1,64}} ){{1,6}}{_NOT} (?:found|supported|recogni[sz]ed|configured|allowed|valid|specified|provided|available|implemented|permitted|authori[sz]ed)\b"
    rf"|\b(?:does|do|did|could|can) ?{_NOT} (?:exist|match|have|support|contain|allow|understand|find|open|connect|parse|read|write|load|resolve|be|determine|access|get|create|process|decode|locate|delete|remove|add|modify|change|update|use|perform|execute|start|stop|send|save|accept)\b"
    r"|\bcannot (?:be |\w+)"
    r"|\b(?:is|are) (?:invalid|required|missing|malformed|unknown|too (?:long|short|large|small|many|big|old)|incorrect|wrong|forbidden|expired|disabled|unsupported|unavailable|offline|corrupt(?:ed)?|locked|already|out of)\b"
    r"|\b(?:must|should|needs? to|has to|have to) (?:be|have|contain|match|start|begin|end|specify|provide|include|log)\b"
    r"|\b(?:failed|failure|denied|refused|exceeded|expired|timed out|timeout|forbidden|mismatch|exception|invalid|unauthori[sz]ed|aborted|rejected|unavailable)[.!]?$"
    r"|\b(?:failed|failure|error|errors|exception) ?(?:[:(#]|-- |- |with\b|while\b|during\b|because\b|due to\b|code\b|\d)"
    r"|\bfailed to\b|\bunable to\b|\balready (?:exists?|in use|taken|registered|been|open|running)\b|\bno such\b|\bnot enough\b|\bunexpected (?:token|character|end|value|type|input|response)\b"
    r"|\b(?:http|status)(?: (?:error|status|code|status code))?[ :=]{1,2}[45]\d\d\b|\b[45]\d\d (?:bad request|unauthorized|forbidden|not found|internal server error|bad gateway|service unavailable|gateway time)"
    r"|\btry again(?: later)?[.!]?$|\b(?:max|maximum|limit|quota)\b.{1,40}\b(?:exceeded|reached)\b|\bpermission denied\b|\baccess denied\b"
)
# Texts about a success, an empty result or the future, and questions.
_harmless: Final = re.compile(
    r"\b(?:success|successful|successfully|succeeded|completed|accepted|approved|welcome|congratulations|thank you|thanks|passed)\b(?! (?:is|was|not))"
    r"|\b(?:has|have|was|were) been (?:\w+ly )?(?:deleted|removed|created|updated|sent|saved|added|received|queued|changed|cancell?ed|disabled|enabled|stopped|started|reset|revoked|cleared|submitted|scheduled|marked|blocked|banned|unsubscribed)\b"
    r"|^(?:no|0|zero) (?:\w+ ){0,2}(?:errors?|failures?|problems?|issues?)\b|^(?:if|when|in case|once|after|before|until|unless|how|why|what|where|whether|fix|feat|chore|docs?|refactor|test|build|ci|perf|style|add|use|update|remove|make|allow|handle|improve|avoid|prevent|ensure|don't|do not|bump|move|merge|revert|change|check|set|log|show|support|return|the (?:number|list|name|id|time|date|status|type|reason|message|maximum|minimum|error))\b"
    r"|\?$|^(?:true|false|none|null|ok|okay|done|queued|pending|created|deleted|updated|saved|sent)[.!]?$|\bwill be\b|\be-?mail (?:has been )?sent\b|\bnothing to (?:do|update|change)\b|\bno changes?\b|\bup to date\b"
)
_EMPTY: Final = re.compile(
    r"^(?:sorry,? )?(?:there (?:is|are|were) )?(?:no|0) (?:\w+ ){0,3}(?:found|available|yet|matched|match(?:es)?|returned|exists?)\b"
)
_STATUSES: Final = re.compile(
    r"(?:http[ /]?(?:1\.[01] )?)?(?:error[ :]{1,2})?(?:[45]\d\d[ :-]{1,3})?(?:bad request|unauthori[sz]ed|payment required|forbidden|not found|method not allowed|not acceptable"
    r"|conflict|gone|precondition failed|unsupported media type|unprocessable (?:entity|content)|too many requests|internal server error|not implemented|bad gateway"
    r"|service (?:temporarily )?unavailable|gateway time-?out|request time-?out|access denied|permission denied)[.!]?"
)


def reads_as_error(text: str) -> bool:
    """Return whether a text is the message of an error and nothing else.

    :param text: the text of a service, without markup; more than 400 characters or four lines are never a message.
    """
    text = text.strip()
    return len(text) <= _LONGEST and _reads_as_error(text)  # cached texts must be short


@functools.lru_cache(maxsize=1024)
def _reads_as_error(text: str) -> bool:
    text = text.lower()
    if len(text) < 4 or text.count("\n") > _MOST_LINES or " " not in text:
        return text in _WORDS
    if is_status_phrase(text):
        return True
    if _harmless.search(text) or _EMPTY.search(text):
        return False
    plain = text.lstrip("[('\"`*#- ")
    fits = bool(_begins.match(plain) or _no.match(plain) or _holds.search(text))
    return fits and not texts.reads_as_ordinary(text)


_WORDS: Final = frozenset(
    {"unauthorized", "unauthorised", "forbidden", "unauthenticated", "error", "failed", "failure", "fail"}
)


def is_status_phrase(text: str) -> bool:
    """Return whether a text is only the phrase of a 4xx or 5xx status: ``Unauthorized``."""
    return len(text) <= 64 and _STATUSES.fullmatch(text.strip().lower()) is not None
