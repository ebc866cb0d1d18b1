"""Results as text, as a page, as JSON and as a trace."""

from bitline.report.export import to_json as to_json
from bitline.report.layer_table import save_layer_costs as save_layer_costs
from bitline.report.pages import save_report as save_report
from bitline.report.table import table as table
from bitline.report.trace import save_trace as save_trace
