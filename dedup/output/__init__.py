"""What is written: tables in every format, and figures."""
