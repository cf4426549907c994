"""The one place where the parts meet: redacted conversations in, analyses out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data.domain.analysis import Analysis, Versions
from data.domain.conversation import Conversation
from data.domain.errors import UnavailableError
from nlp.classifier import Classifier, logits_of
from nlp.encoder import Encoder
from nlp.heard import misheard
from nlp.model import Model
from nlp.newcomer_tags import with_newcomers
from nlp.newcomers import Newcomers
from nlp.redaction.conversation import redact_conversation
from nlp.redaction.pseudonym import Pseudonymiser
from nlp.speakers import infer_speakers
from nlp.tagging import Tags, decide, score


@dataclass(frozen=True, slots=True)
class Prepared:
    """A conversation fit to be stored and analysed: redacted, speakers inferred."""

    conversation: Conversation
    redactions: Mapping[str, int]
    content_hash: str


class Analyzer:
    """Redaction, speakers and tags with one model and one encoder; every text is encoded once a batch."""

    def __init__(
        self,
        model: Model,
        encoder: Encoder,
        classifier: Classifier | None,
        pseudonymiser: Pseudonymiser,
        versions: Versions,
        newcomers: Mapping[str, Newcomers] | None = None,
    ) -> None:
        """`newcomers` are labels by part that the model has not learnt, or hardly.

        Raises UnavailableError when the model was trained with another encoder or classifier."""
        if model.encoder != encoder.fingerprint:
            raise UnavailableError(
                f"the model was trained with the encoder {model.encoder}, not {encoder.fingerprint}; "
                "run `voc train`, or set VOC_ENCODER to the one it was trained with"
            )
        if model.classifier != (classifier.fingerprint if classifier else ""):
            raise UnavailableError(
                f"the model was trained with the classifier {model.classifier or 'none'}, "
                f"not {classifier.fingerprint if classifier else 'none'}; run `voc train`, or set VOC_CLASSIFIER as it was"
            )
        self._model, self._encoder, self._classifier = model, encoder, classifier
        self._newcomers = newcomers or {}
        self._pseudonymiser, self._versions = pseudonymiser, versions

    def prepare(self, conversation: Conversation, content: str) -> Prepared:
        """Redact, infer missing speakers, and fingerprint the content as it was read."""
        redacted = redact_conversation(conversation, self._pseudonymiser)
        return Prepared(
            self.with_speakers(redacted.conversation),
            redacted.counts,
            self._pseudonymiser.fingerprint(content),
        )

    def with_speakers(self, conversation: Conversation) -> Conversation:
        """The conversation with every missing speaker inferred."""
        return infer_speakers(self._model.speakers, conversation)

    def analyze(self, prepared: Sequence[tuple[Conversation, Mapping[str, int]]]) -> list[Analysis]:
        """Analyses of (redacted conversation, redaction counts), in order."""
        if not prepared:
            return []
        conversations = [conversation for conversation, _ in prepared]
        batch = self._model.features.batch(conversations, self._encoder)
        logits = logits_of(self._classifier, conversations)
        scored = score(self._model, batch, logits)
        tags = with_newcomers(self._model, self._newcomers, batch, scored, decide(self._model, batch, scored))
        return [
            self._analysis(conversation, counts, own)
            for (conversation, counts), own in zip(prepared, tags, strict=True)
        ]

    def _analysis(self, conversation: Conversation, counts: Mapping[str, int], tags: Tags) -> Analysis:
        return Analysis(
            conversation_id=conversation.id,
            turns=conversation.turns,
            versions=self._versions,
            caller_role=tags.choices["caller_role"],
            journey_stage=tags.choices["journey_stage"],
            intents=tags.intents,
            pain_points=tags.pain_points,
            delights=tags.delights,
            outcome=tags.choices["outcome"],
            emotion=tags.emotion(),
            redactions=counts,
            heard=misheard([turn.text for turn in conversation.turns]),
            confidence=tags.confidence,
        )
