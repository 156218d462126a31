#include "text/markup.h"

static bool allowed(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return code != 0xfffe && code != 0xffff && (code < 0x7f || code > 0x9f);
}

void markup_text(str text, struct buf *out)
{
    while (text.len) {
        uint32_t code = 0;
        size_t size = str_character(text, &code);
        if (!size || !allowed(code))
            buf_add(out, S("\xef\xbf\xbd"));
        else if (code == '&')
            buf_add(out, S("&amp;"));
        else if (code == '<')
            buf_add(out, S("&lt;"));
        else if (code == '>')
            buf_add(out, S("&gt;"));
        else if (code == '"')
            buf_add(out, S("&quot;"));
        else if (code == '\'')
            buf_add(out, S("&#39;"));
        else
            buf_add(out, (str){text.ptr, size});
        text = str_skip(text, size ? size : 1);
    }
}
