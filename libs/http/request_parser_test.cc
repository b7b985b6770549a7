#include "libs/http/request_parser.h"

#include "tests/catch.h"

namespace accoil::http {
namespace {

using State = RequestParser::State;

constexpr std::size_t kHeadLimit = 1'000;

/// Gives the parser all bytes in pieces of `step`, as a connection does. Answers what is left.
std::string Feed(RequestParser& parser, std::string_view bytes, std::size_t step) {
  std::string input;
  while (!bytes.empty()) {
    input += bytes.substr(0, step);
    bytes.remove_prefix(std::min(step, bytes.size()));
    // The head and the body take a call each.
    for (int call = 0; call < 2 && parser.state() < State::kWhole; ++call) {
      input.erase(0, parser.Parse(input));
    }
    if (parser.state() >= State::kWhole) break;
  }
  return input + std::string(bytes);
}

int StatusOf(const std::string& bytes, std::size_t step = 4'096) {
  RequestParser parser(kHeadLimit);
  Feed(parser, bytes, step);
  return parser.state() == State::kMalformed ? parser.problem().status : 0;
}

}  // namespace

TEST_CASE("a request is the same however its bytes are cut") {
  const std::string with_length =
      "POST /a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nX-Extra:  1 \r\nx-extra: 2\r\nCookie: a\r\n"
      "Cookie: b\r\nContent-Length: 5\r\n\r\nhelloGET /next";
  const std::string with_chunks =
      "POST /a%20b?x=1&y HTTP/1.1\r\nhost: h\r\nX-Extra: 1\r\nX-Extra: 2\r\nCookie: a\r\n"
      "cookie: b\r\nTransfer-Encoding: Chunked\r\n\r\n2;ext=1\r\nhe\r\n3\r\nllo\r\n0\r\n"
      "X-Extra: trailer\r\n\r\nGET /next";
  for (const auto& bytes : {with_length, with_chunks}) {
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
      CAPTURE(bytes, step);
      RequestParser parser(kHeadLimit);
      const auto left = Feed(parser, bytes, step);
      REQUIRE(parser.state() == State::kWhole);
      CHECK(left == "GET /next");
      const auto& request = parser.request();
      CHECK(request.method == "POST");
      CHECK(request.path == "/a%20b");
      CHECK(parser.query() == "x=1&y");
      CHECK(request.body == "hello");
      CHECK(request.Header("X-EXTRA") == "1, 2");
      CHECK(request.Header("Cookie") == "a; b");
      CHECK(parser.announced() == 5);
      CHECK(parser.keep_alive());
    }
  }
}

TEST_CASE("the head is there before the body is taken") {
  RequestParser parser(kHeadLimit);
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n";
  CHECK(parser.Parse(head + "hello") == head.size());
  CHECK(parser.state() == State::kBody);
  CHECK(parser.announced() == 5);
  CHECK(parser.remaining() == 5);
  parser.DiscardBody();
  CHECK(parser.Parse("hello") == 5);
  CHECK(parser.state() == State::kWhole);
  CHECK(parser.request().body.empty());
}

TEST_CASE("a chunk announces its end") {
  RequestParser parser(kHeadLimit);
  Feed(parser, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", 9);
  CHECK(parser.announced() == 5);
  parser.Parse("\r\nFFFFFFFF\r\nx");
  CHECK(parser.announced() == 5 + 0xFFFFFFFFULL);
}

TEST_CASE("a target may be absolute, and an empty path is the root") {
  const auto parsed = [](const std::string& target) {
    RequestParser parser(kHeadLimit);
    parser.Parse("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
    REQUIRE(parser.state() == State::kWhole);
    return parser.request().path + " " + parser.query();
  };
  CHECK(parsed("/a/b?c=d?e") == "/a/b c=d?e");
  CHECK(parsed("http://host:1/a?b") == "/a b");
  CHECK(parsed("HTTPS://host") == "/ ");
  CHECK(parsed("http://host?q=/x") == "/ q=/x");
  CHECK(parsed("?q") == "/ q");
  CHECK(parsed("*") == "* ");
}

TEST_CASE("versions decide whether a connection is kept alive") {
  const auto kept = [](const std::string& version, const std::string& header) {
    RequestParser parser(kHeadLimit);
    parser.Parse("GET / HTTP/" + version + "\r\nHost: h\r\n" + header + "\r\n");
    REQUIRE(parser.state() == State::kWhole);
    CHECK(parser.old_version() == (version == "1.0"));
    return parser.keep_alive();
  };
  CHECK(kept("1.1", ""));
  CHECK_FALSE(kept("1.1", "Connection: x, Close\r\n"));
  CHECK_FALSE(kept("1.0", ""));
  CHECK(kept("1.0", "Connection: Keep-Alive\r\n"));
}

TEST_CASE("empty lines may stand before a request, but not for ever") {
  RequestParser parser(kHeadLimit);
  CHECK(Feed(parser, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 1).empty());
  CHECK(parser.state() == State::kWhole);
  std::string lines;
  for (std::size_t i = 0; i < kHeadLimit; ++i) lines += "\r\n";
  CHECK(StatusOf(lines) == 431);
  CHECK(StatusOf(lines, 2) == 431);
}

TEST_CASE("a request that two readers could read differently is malformed") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const std::string headers : {
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5, 5\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Content-Length: +5\r\n",
           "Content-Length: 0x5\r\n",
           "Content-Length: -1\r\n",
           "Content-Length:\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length : 5\r\n",
           "Host: other\r\n",
           "X: a\rb\r\n",
           "X: a\nContent-Length: 5\r\n",
           "no colon\r\n",
       }) {
    CAPTURE(headers);
    CHECK(StatusOf(head + headers + "\r\nhello") == 400);
    CHECK(StatusOf(head + headers + "\r\nhello", 1) == 400);
  }
  CHECK(StatusOf(head + std::string("X: a\0b\r\n\r\n", 10)) == 400);
  CHECK(StatusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == 400);
  CHECK(StatusOf("GET / HTTP/1.1\r\n\r\n") == 400);
}

TEST_CASE("a transfer encoding that is not understood is 501") {
  for (const std::string value : {"gzip", "gzip, chunked", "chunked, gzip", "xchunked", "identity",
                                  "\tchunked;q=1", "chunked,"}) {
    CAPTURE(value);
    const auto status =
        StatusOf("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + value + "\r\n\r\n");
    CHECK(status == 501);
  }
}

TEST_CASE("chunks that are no chunks are malformed") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string chunks :
       {"-2\r\nab\r\n0\r\n\r\n", "\r\nab\r\n0\r\n\r\n", "zz\r\nab\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\nab", "1\r\nabc\r\n0\r\n\r\n", "0x1\r\na\r\n0\r\n\r\n",
        "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n", "1\na\r\n0\r\n\r\n"}) {
    for (const std::size_t step : {1UL, 3UL, 4'096UL}) {
      CAPTURE(chunks, step);
      CHECK(StatusOf(head + chunks, step) == 400);
    }
  }
  CHECK(StatusOf(head + "1;" + std::string(2 * kHeadLimit, 'x')) == 400);
}

TEST_CASE("a head has a limit, also when each of its lines comes by itself") {
  const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\n";
  CHECK(StatusOf("GET /" + std::string(kHeadLimit, 'x')) == 431);
  CHECK(StatusOf(begin + "X: " + std::string(kHeadLimit, 'x')) == 431);
  std::string lines = begin;
  while (lines.size() <= kHeadLimit) lines += "X: 234567\r\n";
  CHECK(StatusOf(lines) == 431);
  CHECK(StatusOf(lines + "\r\n") == 431);
  CHECK(StatusOf(lines + "\r\n", 11) == 431);
  CHECK(StatusOf(lines + lines, 1) == 431);
}

TEST_CASE("what is no HTTP is malformed") {
  for (const std::string bytes :
       {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / a HTTP/1.1\r\n\r\n", "\x01\x02\x03\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\n\n"}) {
    CAPTURE(bytes);
    CHECK(StatusOf(bytes) == 400);
  }
}

}  // namespace accoil::http
