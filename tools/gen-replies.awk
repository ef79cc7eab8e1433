# Rows of built-in replies from common/optin/data/replies.tsv: a language and its texts, in the order of enum optin_reply.
BEGIN { FS = "\t" }
/^#/ || $1 == "language" { next }
NF != 6 || /["\\]/ {
	printf "%s:%d: not a language and five texts\n", FILENAME, FNR > "/dev/stderr"
	exit 1
}
{
	printf "{\"%s\", {", $1
	for (i = 2; i <= NF; i++) {
		gsub(/\{topic\}/, "{{#topic}} ({{{topic}}}){{/topic}}", $i)
		printf "BY \"%s\"%s", $i, i < NF ? ", " : "}},\n"
	}
}
