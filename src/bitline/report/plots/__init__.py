"""The plots of a report, one file each, as plain values that plotly.js draws."""
