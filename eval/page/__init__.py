"""The report page: a version or a run as one HTML file to look at, and its charts as files for papers."""
