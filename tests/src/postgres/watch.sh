# Runs the server that all tests share, and ends it when nobody has used it for a while.
#
#   sh watch.sh BASE FOLDER SECONDS postgres ARGUMENT...
#
# BASE holds the files `lock` and `users`. Whoever uses the server writes to `users` and holds a shared lock on it as
# long as he lives; whoever decides whether there is a server holds `lock`. FOLDER is the server's own.
set -u
base=$1 folder=$2 seconds=$3
shift 3

exec 8<"$base/lock" 9<"$base/users"
{
    "$@" >>"$folder/log" 2>&1
    : >"$folder/ended"
} 8<&- 9<&- &

while :; do
    # comes back when the last user has gone
    flock 9
    flock -u 9
    : >"$folder/quiet"
    sleep "$seconds"
    # nobody begins while this decides
    flock 8
    # a folder that is gone has a successor, with a watch of its own
    [ -d "$folder" ] || exit 0
    if [ ! "$base/users" -nt "$folder/quiet" ] && flock -n 9; then
        break
    fi
    flock -u 8
done

[ -e "$folder/ended" ] || kill -s QUIT "$(head -n 1 "$folder/data/postmaster.pid")"
wait
# under another name first: whoever comes now must find everything or nothing
mv "$base" "$base.$$"
rm -rf "$base.$$"
