# Telephone numbers against another who reads them: python3-phonenumbers, where it is installed.
load helper

setup() { msg_setup; }

@test "20,000 numbers: taken or refused, and of which country, as python3-phonenumbers says" {
	for python in python3 /usr/bin/python3 ""; do
		[[ -n $python ]] || skip "no python3-phonenumbers"
		! "$python" -c 'import phonenumbers' 2>/dev/null || break
	done
	run "$python" "$ROOT/tests/phones/agree.py" "$PWD"
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "what people write around a number, and what the plans have changed" {
	run_msg msg-route <<-'END'
		{"to":"sms:+44 (0)20 7946 0018","text":"x"}
		{"to":"sms:+49 (0)30 123456","text":"x"}
		{"to":"sms:+52 1 222 123 4567","text":"x"}
		{"to":"sms:+39 06 6988 1234","text":"x"}
	END
	[ "$status" -eq 0 ]
	[ "$(json '.plan[0].address')" = '"sms:+442079460018"
"sms:+4930123456"
"sms:+522221234567"
"sms:+390669881234"' ]
}
