"""Pieces of sheets: of the plain form that programs write, and of all others."""

BEGIN = '<worksheet xmlns="http://x/main" xmlns:x="http://x/x"><cols><col min="1"/></cols>'
END = '<pageMargins left="0.7"/></worksheet>'

NUMBERS = [
    *"""\
1
0
-0
+5
1e5
1E-7
-.5
5.
1e999
inf
nan
1_000
0x1A
1,5
٣
1e-400
TRUE
1.5.2
_
""".splitlines(),
    "",
    " 1 ",
    "\n1\t",
    "1\xa0",
    "9" * 400,
    "0." + "1" * 400,
]

TEXTS = [
    *"""\
a
Ω
a&amp;lt;b
a&#176;&#10;&#128512;&amp;#176;
&lt;&gt;&quot;&apos;&amp;
_x0041_
#DIV/0!
1
0
true
3
TRUE
4
99
-1
+1
1_0
999999999999
٣
x y
""".splitlines(),
    "",
    " 1 ",
    " ",
    "\t",
    "1\n2",
]

FORMULAS = [
    *"""\
<f>A1+1</f>
<f>=A1</f>
<f>==A1</f>
<f/>
<f></f>
<f> A1 </f>
<f>A1&lt;2</f>
<f aca="false">B2</f>
<f t="normal">B2</f>
<f t="shared" si="0">$A1+B$2</f>
<f>'Ä b'!A1</f>
<f t="shared" ref="A1:B2" si="0">A1*2</f>
<f t="shared" ref="A1:B2" si="7">A9&amp;"x"</f>
<f t="shared" si="0"/>
<f t="shared" si="7"/>
<f si="0" t="shared"/>
<f t="shared" si="00"/>
<f t="shared" si="0"></f>
<f t="shared" si="123456789012"/>
<f t="shared" si="x"/>
<f t="shared"/>
<f t="shared" si=""/>
<f t="shared" si="0" ref="A1"/>
<f t="shared" si="0" />
<f t="array" ref="A1:B2">A1:B2*2</f>
<f t="array" ref="C1">=SUM(A1:B2*2)</f>
<f t="array" ref="x">1</f>
<f t="dataTable" ref="A1:B2" dt2D="1"/>
<f ca="1">NOW()</f>
<f t="array" ref="Z1:A1">1</f>
""".splitlines(),
]

ODD_VALUES = [
    *"""\
<v><![CDATA[1]]></v>
<v>1<!-- 2 --></v>
<v>a>b</v>
<v>]]></v>
<v>&#65;</v>
<v>&x;</v>
<v>&#61;</v>
<v>&#xB0;</v>
<v>&#55296;</v>
<v>&#1114112;</v>
<v>&#65535;</v>
<v>&#13;</v>
<v>1</v><v>2</v>
<v>1</v><f>A1</f>
<v>1
<x:v>1</x:v>
<v><v>1</v></v>
<v a='1'>1</v>
<v xml:space="preserve"> 1</v>
<v >1</v>
<v>1</v >
<w>1</w>
<is/>
<is><r><t>a</t></r><r><t>b</t></r></is>
<is><t>a</t><rPh><t>b</t></rPh></is>
<v>&</v>
<v>1</v><extLst/>
stray
<is></is>
<is><t/></is>
<v//>
<v/ >
<?pi x?>
<f><v>1</v></f>
""".splitlines(),
    "<v>\r\n1</v>",
    "<v>\x01</v>",
    "<v>\ufffe</v>",
]

ODD_ROWS = [
    *"""\
<row r='1'>
<row r="1" r="2">
<rows>
<x:row>
<row r="1"a="2">
<row a="&amp;">
<row a="<">
<row a=">">
<row r=1>
<row><row>
<row>text
<row  r="1">
<!-- c --><row>
""".splitlines(),
    '<row\tr="1">',
]

ROWS = [
    *"""\
<row>
<row r="3">
<row r="0">
<row r="7" spans="1:3" x:dy="0.25">
<row spans="2" r="7" >
""".splitlines(),
]

PLACES = [
    *"""\
A1
B1
C2
AA10
XFD1048576
ZZ99
A1
""".splitlines(),
]

ODD_PLACES = [
    *"""\
A0
XFE1
A1048577
a1
$A$1
A
1
A01
AAAA1
A12345678
Ä1
""".splitlines(),
    "",
    "A1 ",
]

ODD_CELLS = [
    *"""\
<c>
<c r='A1'>
<c s="1" r="A1">
<c r="A1" r="A2">
<c r="A1" s="1" s="2">
<c  r="A1">
<c r="A1"s="1">
<c r="A1" t="n"  s="2">
<c r ="A1">
<cc r="A1">
<c r="A1" x="&#9;">
<c r="A1" s="1111111111111111111111111111111111111111">
<c r="A1" t=">">
<c x:r="A1">
<c r="A1" s>
""".splitlines(),
    '<c\nr="A1">',
]

SOME = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'

WHOLE = BEGIN + SOME + END
# Sheets that are odd around their rows.
AROUND = [
    "",
    SOME,
    BEGIN + SOME,
    WHOLE + END,
    f"{BEGIN}{SOME}{SOME}{END}",
    f"{BEGIN}<b>{SOME}</b>{END}",
    f"{BEGIN}<x:c/>{SOME}{END}",
    f"{BEGIN}<!-- {SOME} -->{END}",
    f"{BEGIN}<![CDATA[{SOME}]]>{END}",
    f"{BEGIN}<!-- <sheetData> -->{SOME}{END}",
    f"{BEGIN}<a b='<sheetData>'/>{SOME}{END}",
    f"{BEGIN}{SOME}<row><c r='B2'><v>2</v></c></row>{END}",
    f"{BEGIN}<sheetData a=''></sheetData>{END}",
    f"{BEGIN}<sheetData/>{END}",
    f"<c><v>5</v></c>{SOME}",
    f"<!DOCTYPE a>{WHOLE}",
    f"{'<a>' * 70}{SOME}{'</a>' * 70}",
    f'<?xml version="1.0" encoding="latin-1"?>{WHOLE}',
    WHOLE.replace("</sheetData>", "<!-- </sheetData> -->"),
    WHOLE.replace("<v>1", "<v><!-- </v></c></row> -->1"),
    WHOLE.replace("<", "<x:").replace("<x:/", "</x:"),
]
