#include "libs/http/response_head.h"

#include "tests/catch.h"

namespace accoil::http {

TEST_CASE("an answer's head tells status, type and length") {
  Response response;
  response.status = 201;
  response.body = "hello";
  response.content_type = "text/plain";
  response.headers["X-Extra"] = "1";
  CHECK(ResponseHead(response, {}) ==
        "HTTP/1.1 201 Created\r\nX-Extra: 1\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
        "\r\n");
  CHECK(ResponseHead(response, {.close = true}).ends_with("\r\nConnection: close\r\n\r\n"));
  CHECK(ResponseHead(response, {.old_version = true})
            .ends_with("\r\nConnection: keep-alive\r\n\r\n"));
}

TEST_CASE("an answer without a body has a length but no type, and 204 neither") {
  Response response;
  CHECK(ResponseHead(response, {}) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  response.status = 204;
  CHECK(ResponseHead(response, {}) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("length and connection are the server's to tell") {
  Response response;
  response.headers = {{"content-length", "99"}, {"Connection", "x"}, {"transfer-encoding", "y"}};
  CHECK(ResponseHead(response, {}) == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a header that would break the head apart is a defect") {
  const auto with = [](const std::string& name, const std::string& value) {
    Response response;
    response.headers[name] = value;
    return response;
  };
  CHECK_NOTHROW(CheckHeaders(with("Location", "https://example.com/?a=\xC3\xA9")));
  for (const auto& response : {with("Location", "a\r\nSet-Cookie: b"), with("Location", "a\nb"),
                               with("Location", std::string("a\0b", 3)), with("Loca tion", "a"),
                               with("", "a"), with("Location:", "a")}) {
    CHECK_THROWS_AS(CheckHeaders(response), std::logic_error);
  }
  Response response;
  response.content_type = "text/html\r\nX: y";
  CHECK_THROWS_AS(CheckHeaders(response), std::logic_error);
}

}  // namespace accoil::http
