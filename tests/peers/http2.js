// HTTP/2 on 127.0.0.1 by node, with streams that end as RFC 9113 lets them: the path says how.
// node http2.js PORT-FILE SEEN CERT KEY: each request's path is a line of SEEN.
const fs = require("fs");
const http2 = require("http2");
const { NGHTTP2_REFUSED_STREAM, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = http2.constants;
const [portFile, seen, cert, key] = process.argv.slice(2);
const answer = '{"id":"g-7"}';
let refused = 0;

const ways = {
	plain: (stream) => { stream.respond({ ":status": 200 }); stream.end(answer); },
	hints: (stream) => { stream.additionalHeaders({ ":status": 103, link: "</a>" }); ways.plain(stream); },
	trailers: (stream) => {
		stream.respond({ ":status": 200 }, { waitForTrailers: true });
		stream.on("wantTrailers", () => stream.sendTrailers({ "server-timing": "db" }));
		stream.end(answer);
	},
	busy: (stream) => { stream.respond({ ":status": 503, "retry-after": "7" }); stream.end(); },
	once: (stream) => (refused++ === 0 ? stream.close(NGHTTP2_REFUSED_STREAM) : ways.plain(stream)),
	refused: (stream) => stream.close(NGHTTP2_REFUSED_STREAM),
	cancel: (stream) => stream.close(NGHTTP2_CANCEL),
	internal: (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
	gone: (stream) => stream.session.destroy(),
};

const server = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
server.on("sessionError", () => {});
server.on("stream", (stream, headers) => {
	const name = headers[":path"].slice(1);
	fs.appendFileSync(seen, `${name}\n`);
	stream.on("error", () => {});
	ways[name](stream);
});
server.listen(0, "127.0.0.1", () => {
	fs.writeFileSync(`${portFile}.new`, String(server.address().port));
	fs.renameSync(`${portFile}.new`, portFile);
});
