#include "data_broker/varint.h"

namespace nara::broker {

void PutVarint(std::string& bytes, std::uint64_t number) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

bool TakeVarint(std::string_view& bytes, std::uint64_t& number) {
  number = 0;
  for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
    const std::uint64_t group = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (shift == 63 && group > 1) return false;
    number |= (group & 0x7F) << shift;
    if (group < 0x80) return true;
  }
  return false;
}

}  // namespace nara::broker
