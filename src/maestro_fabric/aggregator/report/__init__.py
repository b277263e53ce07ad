"""What a run or a pipeline came to, as a page that needs nothing else, and as Markdown."""

from __future__ import annotations

from maestro_fabric.aggregator.report.data import ReportData, gather_report
from maestro_fabric.aggregator.report.markdown import render_markdown, sparkline
from maestro_fabric.aggregator.report.page import render_page

__all__ = ["ReportData", "gather_report", "render_markdown", "render_page", "sparkline"]
