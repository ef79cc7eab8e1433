# A policy is tested: cases with a clock of their own, and what msg-route check finds.
load helper

setup() { msg_setup; }

policy() { printf '%s\n' "$1" >policy.yaml; }
cases() { printf '%s\n' "$1" >cases.yaml; }
run_cases() { run_msg msg-route test policy.yaml cases.yaml; }

@test "cases that hold: nothing is printed, and the count is said" {
	policy 'caps: [{limit: 1/1d, per: topic}]
senders: {sms: [{from: CLINIC, registered: [ES]}]}
rules:
- {name: rides, match: {topic: rides}, channels: [sms/5m, email]}
- {name: offers, match: {purpose: marketing}, channels: [email]}
- {name: fire, match: {topic: fire}, channels: [sms, email], parallel: true}'
	cases 'contacts:
  ana: {addresses: {sms: "+34612340001", email: ana@example.org}}
cases:
- {message: {to: ana, text: x, topic: rides}, expect: [sms/5m, email]}
- {message: {to: ana, text: x, topic: fire}, expect: [[sms, email]]}
- name: as text and as members
  message: {to: ana, text: x, topic: rides}
  expect: {plan: [{channel: sms, from: CLINIC}, {channel: email, address: "mailto:ana@example.org"}], rule: rides}
- name: the cap of a day
  now: 2026-03-02T10:00:00+01:00
  message: {to: ana, text: x, topic: rides}
  sent: [{channel: sms, topic: rides, time: 2026-03-01T10:01:00+01:00}]
  expect: {blocked: cap}
- name: a minute later
  now: 2026-03-02T10:01:00+01:00
  message: {to: ana, text: x, topic: rides}
  sent: [{channel: sms, topic: rides, time: 2026-03-01T10:01:00+01:00}]
  expect: [sms/5m, email]
- {name: asked, message: {to: ana, text: x, purpose: marketing}, expect: [email]}
- {name: never asked, message: {to: ana, text: x, purpose: marketing}, consent: none, expect: {blocked: no-consent}}
- name: out of mail
  message: {to: ana, text: x, topic: rides}
  consent: [{state: out, channel: email}]
  expect: [sms]
- {message: {to: "slack:#ops", text: x, topic: rides}, expect: [slack]}
- {message: {to: {id: bo, addresses: {voice: "+34612340001"}}, text: x, topic: rides}, expect: {failed: no-address}}'
	run_cases
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ "$stderr" = "msg-route: 10 cases, 0 failed" ]
	[ -z "$(ls -d "${TMPDIR:-/tmp}"/msg-route.?????? 2>/dev/null)" ]
}

@test "a case that does not hold: where, what was expected and what came, status 1" {
	policy 'rules: [{name: rides, match: {topic: rides}, channels: [sms/5m, email]}]'
	cases 'contacts: {ana: {addresses: {sms: "+34612340001", email: ana@example.org}}}
cases:
- {message: {to: ana, text: x, topic: rides}, expect: [sms/5m, email]}
- name: other waits
  message: {to: ana, text: x, topic: rides}
  expect: {plan: [sms/10m:read, email, voice], rule: journeys}
- {message: {to: ana, text: x, topic: rides}, consent: [{state: out}], expect: [sms/5m, email]}'
	run_cases
	[ "$status" -eq 1 ]
	[ "$stderr" = "msg-route: 3 cases, 2 failed" ]
	[[ $output == "cases.yaml:4: cases[1] 'other waits'
  - rule: journeys
  + rule: rides
  - sms/10m:read
  + sms/5m
    email
  - voice
cases.yaml:7: cases[2]
  - sms/5m
  - email
    (blocked: opted-out, contact is out of sms since "* ]]
}

@test "hours at the case's clock" {
	policy 'rules: [{channels: [sms]}]'
	cases 'cases:
- name: at night
  now: 2026-03-02T23:00:00+01:00
  message: {to: {id: a, tz: Europe/Paris, addresses: {sms: "+33612345678"}}, text: x, purpose: marketing}
  expect: {plan: [sms], held: 2026-03-03T08:00:00+01:00}
- name: by day
  now: 2026-03-03T12:00:00+01:00
  message: {to: {id: a, tz: Europe/Paris, addresses: {sms: "+33612345678"}}, text: x, purpose: marketing}
  expect: {plan: [sms], held: false}'
	run_cases
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "what was read and heard before counts" {
	policy '{}'
	cases 'contacts:
  dana: {addresses: {sms: "+15551230001", email: d@example.org}}
cases:
- {message: {to: dana, text: x}, expect: [sms, email]}
- {message: {to: dana, text: x}, receipts: [{channel: email, status: answered, address: "mailto:d@example.org"}], expect: [email, sms]}
- {message: {to: dana, text: x}, heard: [{from: "mailto:d@example.org"}], expect: [email, sms]}
- {message: {to: dana, text: x}, expect: [sms, email]}'
	run_cases
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "mistakes in the cases name file, line and key" {
	policy '{}'
	cases $'cases:\n- {message: {to: nobody, text: x}, expect: [sms]}'
	run_cases
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-route: cases.yaml:2: cases[0].message: to: no contact 'nobody' (the configuration names no contacts)" ]
	cases $'cases:\n- {message: {to: "+34612345678", text: x}}'
	run_cases
	[ "$stderr" = "msg-route: cases.yaml:2: cases[0]: expect is missing" ]
	cases $'cases:\n- {message: {to: "+34612345678", text: x}, expect: [sms/soon]}'
	run_cases
	[[ $stderr == "msg-route: cases.yaml:2: cases[0].expect[0]: the wait is not a duration"* ]]
	cases $'cases:\n- {message: {to: "+34612345678", text: x}, expect: [sms], now: noon}'
	run_cases
	[[ $stderr == "msg-route: cases.yaml:2: cases[0].now: not a time"* ]]
	cases $'cases:\n- {message: {to: "+34612345678", text: x}, expects: [sms]}'
	run_cases
	[[ $stderr == "msg-route: cases.yaml:2: cases[0].expects: unknown key (did you mean 'expect'?)" ]]
	run_msg msg-route test policy.yaml
	[ "$status" -eq 64 ]
}

check() {
	policy "$1"
	run_msg msg-route check policy.yaml
}

@test "check: waterfalls that send twice" {
	check 'rules: [{channels: [sms/5m:read, email]}]'
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-route: policy.yaml:1: rules[0].channels[0]: sends twice: nobody is told that sms was read, so the next channel is used after 5m in any case (parallel: true says so)" ]
	check 'rules: [{channels: [sms/5m, sms, email]}]'
	[ "$stderr" = "msg-route: policy.yaml:1: rules[0].channels[1]: sends twice: sms stands before it, and may only be late" ]
	check 'rules: [{match: {purpose: emergency}, channels: [sms/5m:read, email]}]'
	[ "$status" -eq 0 ]
	check 'rules: [{channels: [sms/1h, email/1h, sms]}]'
	[ "$status" -eq 0 ]
	check 'rules: [{channels: [sms/5m, email], parallel: true}]'
	[ "$stderr" = "msg-route: policy.yaml:1: rules[0].channels: has waits, which count for nothing with parallel" ]
	mkdir -p "$XDG_CONFIG_HOME/msg"
	echo 'accounts: {mail: {provider: smtp, url: "smtp://127.0.0.1:1"}, sandbox: {}}
channels: {email: {via: mail, from: "a@example.org"}, sms: {via: sandbox}}' >"$XDG_CONFIG_HOME/msg/config.yaml"
	check 'rules: [{channels: [email/1h, sms]}]'
	[[ $stderr == *"sends twice: nobody is told that email was delivered"* ]]
}

@test "check: senders that are never used" {
	check $'senders:\n  sms:\n  - {to: [GB, US], from: CLINIC}'
	[ "$status" -eq 78 ]
	[ "$stderr" = "msg-route: policy.yaml:3: senders.sms[0].from: never used in US: it lets no names through: 'CLINIC'" ]
}
