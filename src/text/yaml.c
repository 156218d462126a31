#include "text/yaml.h"
#include "base/must.h"
#include "text/suggest.h"
#include "text/yaml_scalar.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { LINES_MAX = 100 };

struct reader {
    yaml_parser_t parser;
    yaml_event_t event;
    bool has_event, broken; // broken: nothing more can be read
    uint32_t depth;
    const struct yaml_schema *schema;
    const char *file;
    struct arena *arena;
    struct yaml_report *report;
};

void yaml_report_init(struct yaml_report *report)
{
    *report = (struct yaml_report){0};
    buf_init(&report->text, 1 << 20);
}

void yaml_report_finish(struct yaml_report *report)
{
    buf_finish(&report->text);
}

struct place {
    const char *file;
    size_t line, column; // from 1
};

static void report_line(struct yaml_report *report, struct place place, const char *name,
                        const char *message)
{
    report->count++;
    if (report->count == LINES_MAX + 1)
        buf_format(&report->text, "%s: and more mistakes\n", place.file);
    if (report->count > LINES_MAX)
        return;
    buf_format(&report->text, "%s:%zu:%zu: ", place.file, place.line, place.column);
    if (name)
        buf_format(&report->text, "\"%s\": ", name);
    buf_format(&report->text, "%s\n", message);
}

static struct place place_of(const struct reader *reader)
{
    yaml_mark_t mark = reader->event.start_mark;
    return (struct place){reader->file, mark.line + 1, mark.column + 1};
}

// A mistake at the event in hand; key may be NULL.
__attribute__((format(printf, 3, 4))) static void
wrong(struct reader *reader, const struct yaml_key *key, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_line(reader->report, place_of(reader), key ? key->path : NULL, message);
}

void yaml_wrong(struct yaml_report *report, const struct yaml_value *value, const char *format, ...)
{
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    report_line(report, (struct place){value->file, value->line, value->column},
                value->key ? value->key->path : NULL, message);
}

// What the parser could not read: it stops there.
static void syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    must(parser->error != YAML_MEMORY_ERROR);
    yaml_mark_t mark = parser->error == YAML_READER_ERROR ? parser->mark : parser->problem_mark;
    char message[512];
    snprintf(message, sizeof message, "%s%s%s", parser->context ? parser->context : "",
             parser->context ? ": " : "", parser->problem ? parser->problem : "not YAML");
    report_line(reader->report, (struct place){reader->file, mark.line + 1, mark.column + 1}, NULL,
                message);
    reader->broken = true;
}

static bool is_start(yaml_event_type_t type)
{
    return type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
}

static bool is_end(yaml_event_type_t type)
{
    return type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;
}

static bool next(struct reader *reader)
{
    if (reader->has_event)
        yaml_event_delete(&reader->event);
    reader->has_event = false;
    if (reader->broken)
        return false;
    if (!yaml_parser_parse(&reader->parser, &reader->event)) {
        syntax(reader);
        return false;
    }
    reader->has_event = true;
    reader->depth += is_start(reader->event.type);
    reader->depth -= is_end(reader->event.type);
    if (reader->depth > YAML_DEPTH_MAX) { // the library's time grows with the square of it
        wrong(reader, NULL, "nested deeper than %d", YAML_DEPTH_MAX);
        reader->broken = true;
    }
    return !reader->broken;
}

// To the last event of the node in hand.
static void skip(struct reader *reader)
{
    uint32_t open = 0;
    do {
        open += is_start(reader->event.type);
        open -= is_end(reader->event.type);
    } while (open > 0 && next(reader));
}

static str scalar_text(const struct reader *reader)
{
    return (str){(const char *)reader->event.data.scalar.value, reader->event.data.scalar.length};
}

// Anchors, aliases and tags are said to be mistakes; false when there is no value to go on with.
static bool check_node(struct reader *reader, const struct yaml_key *key)
{
    const yaml_char_t *anchor = NULL, *tag = NULL;
    const yaml_event_t *event = &reader->event;
    if (event->type == YAML_ALIAS_EVENT) {
        wrong(reader, key, "an alias (*) is not taken: write the value out");
        return false;
    }
    if (event->type == YAML_SCALAR_EVENT) {
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
    }
    if (anchor)
        wrong(reader, key, "an anchor (&) is not taken: leave it out");
    if (tag)
        wrong(reader, key, "a tag (!) is not taken: leave it out");
    return true;
}

// False, the node skipped, when it is not of the kind wanted.
static bool want(struct reader *reader, const struct yaml_key *key, enum yaml_type type,
                 yaml_event_type_t event)
{
    if (!check_node(reader, key))
        return false;
    if (reader->event.type == event)
        return true;
    if (reader->event.type == YAML_SCALAR_EVENT) {
        struct buf shown;
        buf_init(&shown, 512);
        yaml_scalar_show(scalar_text(reader), &shown);
        wrong(reader, key, "want %s, not %s", key ? yaml_scalar_want(type) : "keys and values",
              buf_cstr(&shown));
        buf_finish(&shown);
    } else {
        wrong(reader, key, "want %s, not a %s", key ? yaml_scalar_want(type) : "keys and values",
              reader->event.type == YAML_SEQUENCE_START_EVENT ? "list" : "mapping");
    }
    skip(reader);
    return false;
}

static struct yaml_value *take_value(struct reader *reader, const struct yaml_key *key, str name)
{
    struct yaml_value *value = arena_take(reader->arena, sizeof *value);
    str copy = arena_copy(reader->arena, name);
    if (!value || !copy.ptr) {
        if (!reader->broken)
            wrong(reader, key, "the file needs more memory than it may take");
        reader->broken = true;
        return NULL;
    }
    *value = (struct yaml_value){.key = key, .file = reader->file, .name = copy};
    return value;
}

static void set_place(const struct reader *reader, struct yaml_value *value)
{
    struct place place = place_of(reader);
    value->line = (uint32_t)place.line;
    value->column = (uint32_t)place.column;
}

struct list {
    struct yaml_value *parent;
    const struct yaml_value **tail;
};

static void append(struct list *list, struct yaml_value *value)
{
    *list->tail = value;
    list->tail = &value->next;
    list->parent->count++;
}

static void read_scalar(struct reader *reader, enum yaml_type type, struct yaml_value *value)
{
    if (!want(reader, value->key, type, YAML_SCALAR_EVENT))
        return;
    set_place(reader, value);
    bool plain = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    value->text = arena_copy(reader->arena, scalar_text(reader));
    struct buf problem;
    buf_init(&problem, 1000);
    if (value->text.ptr && !yaml_scalar_take(value->key, type, plain, value, &problem))
        wrong(reader, value->key, "%s", buf_cstr(&problem));
    buf_finish(&problem);
}

// The path's last part when the row is directly below `parent` ("" is the root); else empty.
static str name_below(const struct yaml_key *key, str parent)
{
    str path = str_from(key->path);
    if (parent.len > 0) {
        if (!str_starts(path, parent) || path.len <= parent.len || path.ptr[parent.len] != '.')
            return (str){0};
        path = str_skip(path, parent.len + 1);
    }
    return path.len && memchr(path.ptr, '.', path.len) ? (str){0} : path;
}

static const struct yaml_key *find_key(const struct reader *reader, str parent, str name)
{
    for (uint32_t i = 0; name.len > 0 && i < reader->schema->count; i++)
        if (str_is(name_below(&reader->schema->keys[i], parent), name))
            return &reader->schema->keys[i];
    return NULL;
}

// The row of this name in another object; NULL when there is none.
static const struct yaml_key *find_elsewhere(const struct reader *reader, str name)
{
    for (uint32_t i = 0; name.len > 0 && i < reader->schema->count; i++) {
        str path = str_from(reader->schema->keys[i].path);
        bool nested = path.len > name.len && path.ptr[path.len - name.len - 1] == '.';
        if (str_is(path, name) || (nested && str_ends(path, name)))
            return &reader->schema->keys[i];
    }
    return NULL;
}

static void no_such_key(struct reader *reader, str parent, str name)
{
    struct suggestion suggestion;
    suggest_init(&suggestion, name);
    for (uint32_t i = 0; i < reader->schema->count; i++) {
        str right = name_below(&reader->schema->keys[i], parent);
        if (right.len)
            suggest_try(&suggestion, right);
    }
    str nearest = suggest_nearest(&suggestion);
    const struct yaml_key *elsewhere = find_elsewhere(reader, name);
    struct buf shown;
    buf_init(&shown, 512);
    yaml_scalar_show(name, &shown);
    if (str_is(name, S("<<")))
        wrong(reader, NULL, "a merge key (<<) is not taken: write the keys out");
    else if (elsewhere)
        wrong(reader, NULL, "no such key %s here; there is \"%s\"", buf_cstr(&shown),
              elsewhere->path);
    else if (nearest.len)
        wrong(reader, NULL, "no such key %s; did you mean \"%.*s\"?", buf_cstr(&shown),
              STR(nearest));
    else
        wrong(reader, NULL, "no such key %s%s%.*s", buf_cstr(&shown), parent.len ? " in " : "",
              STR(parent));
    buf_finish(&shown);
}

static bool has(const struct yaml_value *object, str name)
{
    const struct yaml_value *member = object->first;
    while (member && !str_is(member->name, name))
        member = member->next;
    return member;
}

static void read_value(struct reader *reader, struct yaml_value *value);

// The key in hand and its value. Labels take every name.
static void read_member(struct reader *reader, str parent, bool labels, struct list *list)
{
    if (!check_node(reader, list->parent->key) || reader->event.type != YAML_SCALAR_EVENT) {
        if (reader->event.type != YAML_ALIAS_EVENT)
            wrong(reader, list->parent->key, "a key must be a word");
        skip(reader);
        if (next(reader))
            skip(reader);
        return;
    }
    str name = scalar_text(reader);
    const struct yaml_key *key = labels ? list->parent->key : find_key(reader, parent, name);
    struct yaml_value *value = NULL;
    if (!key)
        no_such_key(reader, parent, name);
    else if (labels && list->parent->count == YAML_LABELS_MAX)
        wrong(reader, key, "more than %d names", YAML_LABELS_MAX);
    else if (has(list->parent, name))
        wrong(reader, labels ? key : NULL, "\"%.*s\" stands here twice", STR(name));
    else
        value = take_value(reader, key, name);
    if (!next(reader))
        return;
    if (!value) {
        skip(reader);
        return;
    }
    append(list, value);
    if (labels)
        read_scalar(reader, YAML_TEXT, value);
    else
        read_value(reader, value);
}

static void check_required(struct reader *reader, str parent, const struct yaml_value *object)
{
    for (uint32_t i = 0; i < reader->schema->count && !reader->broken; i++) {
        const struct yaml_key *key = &reader->schema->keys[i];
        str name = name_below(key, parent);
        if (!key->required || name.len == 0 || has(object, name))
            continue;
        char message[512];
        snprintf(message, sizeof message, "the key \"%s\" is missing%s%s", key->path,
                 key->doc ? ": " : "", key->doc ? key->doc : "");
        report_line(reader->report, (struct place){object->file, object->line, object->column},
                    NULL, message);
    }
}

static void read_object(struct reader *reader, struct yaml_value *object, bool labels)
{
    str parent = str_from(object->key ? object->key->path : "");
    if (!want(reader, object->key, labels ? YAML_LABELS : YAML_OBJECT, YAML_MAPPING_START_EVENT))
        return;
    set_place(reader, object);
    struct list list = {object, &object->first};
    while (next(reader) && reader->event.type != YAML_MAPPING_END_EVENT)
        read_member(reader, parent, labels, &list);
    if (!labels)
        check_required(reader, parent, object);
}

static void read_list(struct reader *reader, struct yaml_value *value)
{
    const struct yaml_key *key = value->key;
    if (!want(reader, key, key->type, YAML_SEQUENCE_START_EVENT))
        return;
    set_place(reader, value);
    struct list list = {value, &value->first};
    while (next(reader) && reader->event.type != YAML_SEQUENCE_END_EVENT) {
        struct yaml_value *item = take_value(reader, key, S(""));
        if (!item)
            return;
        append(&list, item);
        if (key->type == YAML_OBJECTS)
            read_object(reader, item, false);
        else
            read_scalar(reader, key->type == YAML_TEXTS ? YAML_TEXT : YAML_INTEGER, item);
    }
    bool ranged = key->type == YAML_OBJECTS && (key->min || key->max);
    if (ranged && !reader->broken && (value->count < key->min || value->count > key->max))
        yaml_wrong(reader->report, value, "%u of them, want %lld to %lld", value->count,
                   (long long)key->min, (long long)key->max);
}

// The node in hand, to its last event.
static void read_value(struct reader *reader, struct yaml_value *value)
{
    switch (value->key->type) {
    case YAML_OBJECT:
        read_object(reader, value, false);
        return;
    case YAML_LABELS:
        read_object(reader, value, true);
        return;
    case YAML_OBJECTS:
    case YAML_TEXTS:
    case YAML_INTEGERS:
        read_list(reader, value);
        return;
    case YAML_TEXT:
    case YAML_INTEGER:
    case YAML_DECIMAL:
    case YAML_BOOL:
    case YAML_DURATION:
    case YAML_INSTANT:
    case YAML_SIZE:
    case YAML_MONEY:
    case YAML_CHOICE:
        read_scalar(reader, value->key->type, value);
        return;
    }
    must(false); // a type nobody knows
}

static void read_stream(struct reader *reader, struct yaml_value *root)
{
    if (!next(reader) || !next(reader)) // the stream, the document
        return;
    if (reader->event.type == YAML_STREAM_END_EVENT) {
        check_required(reader, S(""), root); // nothing but comments
        return;
    }
    if (!next(reader))
        return;
    read_object(reader, root, false);
    if (next(reader) && next(reader) && reader->event.type != YAML_STREAM_END_EVENT)
        wrong(reader, NULL, "a second document: one file holds one");
}

const struct yaml_value *yaml_read(const struct yaml_schema *schema, const char *file, str text,
                                   struct arena *arena, struct yaml_report *report)
{
    uint32_t before = report->count;
    struct place start = {file, 1, 1};
    struct yaml_value *root = arena_take(arena, sizeof *root);
    const char *name = arena_cstr(arena, str_from(file));
    if (text.len > YAML_SIZE_MAX || !root || !name) {
        report_line(report, start, NULL,
                    text.len > YAML_SIZE_MAX ? "the file has more than 16 MiB"
                                             : "the file needs more memory than it may take");
        return NULL;
    }
    *root = (struct yaml_value){.file = name, .line = 1, .column = 1};
    struct reader reader = {.schema = schema, .file = name, .arena = arena, .report = report};
    must(yaml_parser_initialize(&reader.parser));
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)text.ptr, text.len);
    read_stream(&reader, root);
    if (reader.has_event)
        yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    if (arena->full && report->count == before)
        report_line(report, start, NULL, "the file needs more memory than it may take");
    return report->count == before ? root : NULL;
}

const struct yaml_value *yaml_get(const struct yaml_value *object, const char *name)
{
    must(object && (!object->key || object->key->type == YAML_OBJECT ||
                    object->key->type == YAML_OBJECTS || object->key->type == YAML_LABELS));
    const struct yaml_value *member = object->first;
    while (member && !str_is(member->name, str_from(name)))
        member = member->next;
    return member;
}

int64_t yaml_integer(const struct yaml_value *object, const char *name, int64_t otherwise)
{
    const struct yaml_value *value = yaml_get(object, name);
    if (!value)
        return otherwise;
    enum yaml_type type = value->key->type;
    must(type == YAML_INTEGER || type == YAML_DURATION || type == YAML_INSTANT ||
         type == YAML_SIZE || type == YAML_MONEY || type == YAML_CHOICE);
    return value->integer;
}

bool yaml_bool(const struct yaml_value *object, const char *name, bool otherwise)
{
    const struct yaml_value *value = yaml_get(object, name);
    must(!value || value->key->type == YAML_BOOL);
    return value ? value->integer : otherwise;
}

str yaml_text(const struct yaml_value *object, const char *name, str otherwise)
{
    const struct yaml_value *value = yaml_get(object, name);
    must(!value || value->key->type <= YAML_CHOICE || value->key->type == YAML_LABELS);
    return value ? value->text : otherwise;
}
