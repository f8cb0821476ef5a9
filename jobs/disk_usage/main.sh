#!/bin/sh
# How full the disks are. Any executable file called main or main.* is a job:
# it is started without a shell of the console's, in this folder, and needs no
# rebuild and no restart. What it writes is the run's output; exit status 0 is
# success, any other fails the run.
#
# The arguments of the job arrive as $1, $2, … Here the first is optional and
# turns the report into an alarm: ["90"] fails the run when a disk is fuller
# than 90 %.
set -eu

limit=${1:-}
case $limit in
'' | [0-9] | [0-9][0-9] | 100) ;;
*)
	echo "the first argument is a percentage from 0 to 100, not '$limit'" >&2
	exit 2
	;;
esac

# The console says who is calling in CRONSOLE_JOB_ID, _RUN_ID, _DUE, _ATTEMPT
# and _ARGS (the arguments as JSON).
echo "Disk usage for run ${CRONSOLE_RUN_ID:-by hand}"
report=$(df -P -k) || true # a single unreadable mount is no reason to stop
echo "$report"

if [ -n "$limit" ]; then
	full=$(echo "$report" | awk -v limit="$limit" 'NR > 1 && $5 + 0 > limit + 0 { print $6 " is " $5 " full" }')
	if [ -n "$full" ]; then
		echo "$full" >&2
		exit 1
	fi
fi
