#pragma once

#include <cstdio>
#include <functional>
#include <vector>

/** The few lines that the tests of the core need: named tests, and checks that count. */
namespace weft::test {

struct Test {
  const char* name;
  std::function<void()> body;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int failures = 0;

inline bool add(const char* name, std::function<void()> body) {
  tests().push_back({name, std::move(body)});
  return true;
}

inline void check(bool holds, const char* text, const char* file, int line) {
  if (holds) return;
  ++failures;
  std::printf("  %s:%d: not so: %s\n", file, line, text);
}

}  // namespace weft::test

#define TEST(identifier)                                                                      \
  static void identifier();                                                                   \
  [[maybe_unused]] static const bool identifier##Added = weft::test::add(#identifier, identifier); \
  static void identifier()

#define CHECK(condition) weft::test::check(static_cast<bool>(condition), #condition, __FILE__, __LINE__)
