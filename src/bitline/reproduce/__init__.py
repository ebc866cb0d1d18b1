"""Published figures beside ours: what was reached, what was not, and why."""

from bitline.reproduce.evaluation import metric_names as metric_names
from bitline.reproduce.lines import COLUMNS as COLUMNS
from bitline.reproduce.lines import lines as lines
from bitline.reproduce.lines import remarks as remarks
from bitline.reproduce.reproduction import Reproduction as Reproduction
from bitline.reproduce.reproduction import Row as Row
from bitline.reproduce.reproduction import reproduce as reproduce
