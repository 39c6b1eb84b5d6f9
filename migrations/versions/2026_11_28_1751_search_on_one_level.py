"""Search on one level: width, case and composition of letters make no difference.

Revision 5a1c7e90b3d4, after 6d21f8b4c905.
"""

from alembic import op

from app.schema.online import rebuild_index

revision: str = "5a1c7e90b3d4"
down_revision: str | None = "6d21f8b4c905"
branch_labels: str | None = None
depends_on: str | None = None

_INDEXES = ("ix_organizations_search", "ix_leaders_search")
_LEVEL = """
CREATE OR REPLACE FUNCTION dajiatan_level(part text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(
        normalize(part, NFKC),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚ' ||
        'ĜĞĠĢĤĦĨĪĬĮĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨŪŬŮŰŲŴŶŸŹŻŽƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢ' ||
        'ƤƦƧƩƬƮƯƱƲƳƵƷƸƼǄǇǊǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǱǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻ' ||
        'ȽȾɁɃɄɅɆɈɊɌɎͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫϏϒϓϔϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾ' ||
        'ϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐ' ||
        'ҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜ' ||
        'ԞԠԢԤԦԨԪԬԮς',
        'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęě' ||
        'ĝğġģĥħĩīĭįĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũūŭůűųŵŷÿźżžɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣ' ||
        'ƥʀƨʃƭʈưʊʋƴƶʒƹƽǆǉǌǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǳǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳⱥȼ' ||
        'ƚⱦɂƀʉʌɇɉɋɍɏͱͳͷϳάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋϗϒϓϔϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼ' ||
        'ͽѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґ' ||
        'ғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝ' ||
        'ԟԡԣԥԧԩԫԭԯσ'
    )
$$
"""
# A restore builds the indexes with no search path at all: what calls another says where it is.
_GRAMS = """
CREATE OR REPLACE FUNCTION dajiatan_grams(one text, other text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 400
SET search_path FROM CURRENT AS $$
DECLARE
    grams text[] := string_to_array(
        dajiatan_level(one) || chr(10) || dajiatan_level(other), NULL
    );
    previous text := '';
    letter text;
BEGIN
    FOREACH letter IN ARRAY grams LOOP
        grams := grams || (previous || letter);
        previous := letter;
    END LOOP;
    RETURN grams;
END $$
"""
_SOUGHT = """
CREATE OR REPLACE FUNCTION dajiatan_sought(part text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path FROM CURRENT AS $$
    SELECT ARRAY(
        SELECT substr(dajiatan_level(part), place, 2)
        FROM generate_series(1, greatest(length(dajiatan_level(part)) - 1, 1)) AS place
    )
$$
"""
_FORMER_GRAMS = """
CREATE OR REPLACE FUNCTION dajiatan_grams(one text, other text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 400 AS $$
DECLARE
    grams text[] := string_to_array(lower(one) || chr(10) || lower(other), NULL);
    previous text := '';
    letter text;
BEGIN
    FOREACH letter IN ARRAY grams LOOP
        grams := grams || (previous || letter);
        previous := letter;
    END LOOP;
    RETURN grams;
END $$
"""
_FORMER_SOUGHT = """
CREATE OR REPLACE FUNCTION dajiatan_sought(part text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ARRAY(
        SELECT substr(lower(part), place, 2)
        FROM generate_series(1, greatest(length(lower(part)) - 1, 1)) AS place
    )
$$
"""


def upgrade() -> None:
    """Compare on the level, and build the indexes anew; the last release searches by them, too."""
    _replace(_LEVEL, _GRAMS, _SOUGHT)


def downgrade() -> None:
    """Compare small letters, as before."""
    _replace(_FORMER_GRAMS, _FORMER_SOUGHT)
    if op.get_context().dialect.name == "postgresql":
        op.execute("DROP FUNCTION dajiatan_level(text)")


def _replace(*functions: str) -> None:
    if op.get_context().dialect.name != "postgresql":
        return
    for function in functions:
        op.execute(function)
    for name in _INDEXES:
        rebuild_index(name)
