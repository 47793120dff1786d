"""Runs a command and writes what it cost to a JSON file; ends with the command's own status.

    python measure_process.py COST.json COMMAND...
"""
import json
import resource
import subprocess
import sys

status = subprocess.run(sys.argv[2:], check=False).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"cpuSeconds": used.ru_utime + used.ru_stime, "peakRssBytes": 1024 * used.ru_maxrss}, file)
sys.exit(status)
