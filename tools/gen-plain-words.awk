# Classes of words from common/policy/data/plain-words.tsv: language, class, words.
BEGIN { FS = "\t" }
/^#/ || $1 == "language" { next }
$3 == "" || $3 ~ /["\\]|, |,$/ {
	printf "%s:%d: not words with commas between them\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{ printf "{\"%s\", \"%s\", \"%s\"},\n", $1, $2, $3 }
