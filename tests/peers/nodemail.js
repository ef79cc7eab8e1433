// A mail server on 127.0.0.1 by npm's smtp-server: every login it knows, STARTTLS, SMTPUTF8, DSN, a limit of size.
// node nodemail.js MODULES PORT-FILE DIR CERT KEY: each mail becomes DIR/N.eml, with its envelope in DIR/N.json.
const fs = require("fs");
const [modules, portFile, dir, cert, key] = process.argv.slice(2);
const { SMTPServer } = require(`${modules}/smtp-server`);
let count = 0;

const server = new SMTPServer({
	cert: fs.readFileSync(cert),
	key: fs.readFileSync(key),
	authMethods: ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"],
	authOptional: false,
	allowInsecureAuth: false,
	size: 100000,
	logger: false,
	onAuth(auth, session, done) {
		const good = auth.method === "XOAUTH2" ? auth.accessToken === "correct-horse"
			: auth.method === "CRAM-MD5" ? auth.validatePassword("correct-horse") : auth.password === "correct-horse";
		if (auth.username !== "clinic" || !good)
			return done(new Error("who are you"));
		done(null, { user: auth.method });
	},
	onRcptTo(address, session, done) {
		if (address.address.startsWith("nobody@"))
			return done(Object.assign(new Error("5.1.1 no such mailbox"), { responseCode: 550 }));
		done();
	},
	onData(stream, session, done) {
		const parts = [];
		stream.on("data", (part) => parts.push(part));
		stream.on("end", () => {
			if (stream.sizeExceeded)
				return done(Object.assign(new Error("too large"), { responseCode: 552 }));
			const base = `${dir}/${++count}`;
			fs.writeFileSync(`${base}.eml`, Buffer.concat(parts));
			fs.writeFileSync(`${base}.json`, JSON.stringify({
				secure: session.secure, login: session.user, from: session.envelope.mailFrom, to: session.envelope.rcptTo,
			}));
			done(null, "taken");
		});
	},
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => {
	fs.writeFileSync(`${portFile}.new`, String(server.server.address().port));
	fs.renameSync(`${portFile}.new`, portFile);
});
