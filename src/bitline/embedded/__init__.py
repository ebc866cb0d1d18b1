"""A language with a known floor, and a small trained model of it: something to run with nothing to download."""

from bitline.embedded.checkpoint import model_path as model_path
from bitline.embedded.language import TALE_TOKENS as TALE_TOKENS
from bitline.embedded.language import Text as Text
from bitline.embedded.language import entropy_rate_nats as entropy_rate_nats
from bitline.embedded.language import evaluation_text as evaluation_text
from bitline.embedded.language import floor_nats as floor_nats
from bitline.embedded.language import generate as generate
from bitline.embedded.words import VOCABULARY as VOCABULARY
