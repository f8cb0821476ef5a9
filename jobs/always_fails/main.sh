#!/bin/sh
# A job that fails, so that you can see what the console makes of it: the run
# turns red, the job moves to the top of the list, and the last line written to
# standard error is shown as the reason, beside the exit status.
echo "Trying to reach the moon."
echo "the moon did not answer" >&2
exit 3
