# Rows of a struct need from common/policy/data/needs.tsv: "purpose otp" is [NEED_PURPOSE_OTP].
BEGIN { FS = "\t" }
/^#/ || $1 == "when" { next }
{
	name = toupper($1)
	gsub(/ /, "_", name)
	printf "[NEED_%s] = {%d, %d, %d, %d, %d, %d, %d, %d, %d, %d, %d},\n", name, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
}
