#pragma once

#include <string_view>

namespace weft {

/**
 * Sends `message` as one datagram to the Unix socket at `path`; a path that begins with '@' is a name in the
 * abstract namespace of the caller's network namespace. Never waits. 0, or the errno: a full queue is EAGAIN.
 */
[[nodiscard]] int notify(std::string_view path, std::string_view message);

}  // namespace weft
