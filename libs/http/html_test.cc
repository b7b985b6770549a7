#include "libs/http/html.h"

#include "tests/catch.h"

namespace accoil::http {
namespace {

TEST_CASE("every character that means something in HTML is escaped") {
  CHECK(EscapeHtml(R"(a<b>&"c"'d' ünï)") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39; ünï");
}

}  // namespace
}  // namespace accoil::http
