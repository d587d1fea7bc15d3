#include "check.h"

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  int passed = 0;
  int failed = 0;
  for (const auto& [name, body] : weft::test::tests()) {
    const int before = weft::test::failures;
    body();
    const bool isGood = weft::test::failures == before;
    ++(isGood ? passed : failed);
    if (!isGood) std::printf("FAILED %s\n", name);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
