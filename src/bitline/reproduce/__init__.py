"""Published figures beside ours: what was reached, what was not, and why."""

from bitline.reproduce.evaluation import metric_names as metric_names
from bitline.reproduce.lines import COLUMNS as COLUMNS
from bitline.reproduce.lines import lines as lines
from bitline.reproduce.lines import remarks as remarks
from bitline.reproduce.macro_lines import MACRO_COLUMNS as MACRO_COLUMNS
from bitline.reproduce.macro_lines import SPREAD_COLUMNS as SPREAD_COLUMNS
from bitline.reproduce.macro_lines import TREND_COLUMNS as TREND_COLUMNS
from bitline.reproduce.macro_lines import macro_lines as macro_lines
from bitline.reproduce.macro_lines import spread_lines as spread_lines
from bitline.reproduce.macro_lines import trend_lines as trend_lines
from bitline.reproduce.macros import Prediction as Prediction
from bitline.reproduce.macros import Spread as Spread
from bitline.reproduce.macros import predictions as predictions
from bitline.reproduce.macros import spreads as spreads
from bitline.reproduce.reproduction import Reproduction as Reproduction
from bitline.reproduce.reproduction import Row as Row
from bitline.reproduce.reproduction import reproduce as reproduce
from bitline.reproduce.survey import Comparison as Comparison
from bitline.reproduce.survey import Trend as Trend
from bitline.reproduce.survey import compare_survey as compare_survey
from bitline.reproduce.survey import trends as trends
