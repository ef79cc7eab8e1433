# Rows of a struct channel from common/policy/data/channels.tsv, by name.
BEGIN { FS = "\t" }
/^#/ || $1 == "channel" { next }
{ printf "{\"%s\", {%d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d}},\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 | "LC_ALL=C sort" }
