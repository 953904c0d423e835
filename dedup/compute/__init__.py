"""Arrays, sparse rows, UTF-8 buffers, threads and processes: nothing here knows of news."""
